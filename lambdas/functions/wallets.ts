import { apiFunction } from '../http/api-function.ts';
import { wallets } from '../operations/wallets/index.ts';

export const handler = apiFunction(wallets);
