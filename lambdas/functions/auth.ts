import { apiFunctionWith } from '../http/api-function.ts';
import { auth } from '../operations/auth/index.ts';
import { userPools } from '../operations/auth/user-pools.ts';

export const handler = apiFunctionWith(auth, userPools);
