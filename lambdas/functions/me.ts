import { apiFunction } from '../http/api-function.ts';
import { me } from '../operations/me/index.ts';

export const handler = apiFunction(me);
