import type { ApiContext, Group, Operation, Route } from '../../http/operation.ts';
import type { WithUserPools } from '../auth/user-pool.ts';
import { answerAdminChallenge, issueAdminToken, refreshAdminToken } from './tokens.ts';

export const adminAuth = {
  name: 'admin-auth',
  impact: 'Admins cannot sign in. Admins with a valid token and all merchants are not affected.',
  operations: [issueAdminToken, refreshAdminToken, answerAdminChallenge],
} satisfies Group<readonly Operation<Route, ApiContext & WithUserPools>[]>;
