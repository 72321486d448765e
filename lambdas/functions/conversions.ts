import { apiFunctionWith } from '../http/api-function.ts';
import { conversions } from '../operations/conversions/index.ts';
import { openRates } from '../operations/conversions/open-rates.ts';

export const handler = apiFunctionWith(conversions, openRates);
