import { apiFunction } from '../http/api-function.ts';
import { credit } from '../operations/credit/index.ts';

export const handler = apiFunction(credit);
