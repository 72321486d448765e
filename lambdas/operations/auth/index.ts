import type { ApiContext, Group, Operation, Route } from '../../http/operation.ts';
import { register } from './register.ts';
import { answerChallenge, issueToken, refreshToken } from './tokens.ts';
import type { WithUserPools } from './user-pool.ts';

export const auth = {
  name: 'auth',
  impact: 'Merchants cannot register or sign in. Merchants with a valid token are not affected.',
  operations: [register, issueToken, refreshToken, answerChallenge],
} satisfies Group<readonly Operation<Route, ApiContext & WithUserPools>[]>;
