import { apiFunction } from '../http/api-function.ts';
import { health } from '../operations/health/index.ts';

export const handler = apiFunction(health);
