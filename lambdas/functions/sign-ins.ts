import { apiFunctionWith } from '../http/api-function.ts';
import { userPools } from '../operations/auth/user-pools.ts';
import { signIns } from '../operations/sign-ins/index.ts';

export const handler = apiFunctionWith(signIns, userPools);
