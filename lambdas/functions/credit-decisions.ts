import { apiFunction } from '../http/api-function.ts';
import { creditDecisions } from '../operations/credit-decisions/index.ts';

export const handler = apiFunction(creditDecisions);
