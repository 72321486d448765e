import { apiFunctionWith } from '../http/api-function.ts';
import { userPools } from '../operations/auth/user-pools.ts';
import { profile } from '../operations/profile/index.ts';

export const handler = apiFunctionWith(profile, userPools);
