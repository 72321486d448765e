import { apiFunction } from '../http/api-function.ts';
import { pools } from '../operations/pools/index.ts';

export const handler = apiFunction(pools);
