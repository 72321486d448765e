import { apiFunction } from '../http/api-function.ts';
import { reversals } from '../operations/reversals/index.ts';

export const handler = apiFunction(reversals);
