import type { ApiContext, Group, Operation, Route } from '../../http/operation.ts';
import type { WithUserPools } from '../auth/user-pool.ts';
import { changeBankAccount } from './change-bank-account.ts';
import { changePassword, signOut } from './password.ts';

export const profile = {
  name: 'profile',
  impact: 'Merchants cannot change their password or bank account, or sign out everywhere.',
  operations: [changePassword, signOut, changeBankAccount],
} satisfies Group<readonly Operation<Route, ApiContext & WithUserPools>[]>;
