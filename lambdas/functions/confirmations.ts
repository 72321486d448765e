import { apiFunction } from '../http/api-function.ts';
import { confirmations } from '../operations/confirmations/index.ts';

export const handler = apiFunction(confirmations);
