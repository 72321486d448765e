import { apiFunction } from '../http/api-function.ts';
import { merchants } from '../operations/merchants/index.ts';

export const handler = apiFunction(merchants);
