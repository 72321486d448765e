import type { ApiContext, Group, Operation, Route } from '../../http/operation.ts';
import type { WithUserPools } from '../auth/user-pool.ts';
import { connectSignIn } from './connect.ts';

export const signIns = {
  name: 'sign-ins',
  impact: 'Admins cannot connect a new sign-in to a merchant.',
  operations: [connectSignIn],
} satisfies Group<readonly Operation<Route, ApiContext & WithUserPools>[]>;
