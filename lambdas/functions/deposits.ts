import { apiFunction } from '../http/api-function.ts';
import { deposits } from '../operations/deposits/index.ts';

export const handler = apiFunction(deposits);
