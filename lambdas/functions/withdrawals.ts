import { apiFunction } from '../http/api-function.ts';
import { withdrawals } from '../operations/withdrawals/index.ts';

export const handler = apiFunction(withdrawals);
