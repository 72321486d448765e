import { apiFunction } from '../http/api-function.ts';
import { history } from '../operations/history/index.ts';

export const handler = apiFunction(history);
