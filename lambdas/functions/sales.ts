import { apiFunction } from '../http/api-function.ts';
import { sales } from '../operations/sales/index.ts';

export const handler = apiFunction(sales);
