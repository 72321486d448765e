import { apiFunction } from '../http/api-function.ts';
import { transfers } from '../operations/transfers/index.ts';

export const handler = apiFunction(transfers);
