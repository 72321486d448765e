import { apiFunctionWith } from '../http/api-function.ts';
import { adminAuth } from '../operations/admin-auth/index.ts';
import { userPools } from '../operations/auth/user-pools.ts';

export const handler = apiFunctionWith(adminAuth, userPools);
