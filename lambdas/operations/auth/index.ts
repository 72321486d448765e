import type { ApiContext, Group, Operation, Route } from '../../http/operation.ts';
import type { WithIdentity } from './cognito.ts';
import { register } from './register.ts';
import { issueToken, refreshToken } from './tokens.ts';

export const auth = {
  name: 'auth',
  impact: 'Merchants cannot register or sign in. Merchants with a valid token are not affected.',
  operations: [register, issueToken, refreshToken],
} satisfies Group<readonly Operation<Route, ApiContext & WithIdentity>[]>;
