import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider';
import { z } from 'zod';
import { ask, call, signIn } from './api.ts';
import { CREDENTIALS, type Outputs, REGION } from './cdk.ts';
import { Trouble } from './cli-error.ts';
import type { User } from './running.ts';

/** Known to everybody who reads this, and good only for a cloud on the reader's own machine. */
const PASSWORD = 'Surety-demo-2026';
export const ADMIN: User = { username: 'admin', password: PASSWORD };

/** Admins are made in Cognito only: the API registers nobody but merchants. */
export async function createAdmin(cloud: string, { UserPoolId }: Outputs): Promise<void> {
  const cognito = new CognitoIdentityProviderClient({
    endpoint: cloud,
    region: REGION,
    credentials: CREDENTIALS,
  });
  const who = { UserPoolId, Username: ADMIN.username };
  try {
    await cognito.send(new AdminCreateUserCommand({ ...who, MessageAction: 'SUPPRESS' }));
  } catch (error) {
    // A cloud that was there before (LOCAL_CLOUD_URL) may know the admin already.
    if (!(error instanceof UsernameExistsException)) throw error;
  }
  const password = { Password: ADMIN.password, Permanent: true };
  await cognito.send(new AdminSetUserPasswordCommand({ ...who, ...password }));
  await cognito.send(new AdminAddUserToGroupCommand({ ...who, GroupName: 'admins' }));
  cognito.destroy();
}

const registered = z.object({ id: z.string() });

export type Credit = { readonly limit: string; readonly bankAccount: string };

/** Registers and approves one merchant through the API; one that exists already is left as it is. */
export async function createMerchant(
  api: string,
  adminToken: string,
  { username, password }: User,
  { limit, bankAccount }: Credit,
): Promise<string> {
  const body = { username, password, requested_credit: limit, bank_account: bankAccount };
  const answer = await call(`${api}/auth/register`, { body });
  if (answer.status === 409) {
    return (await ask(`${api}/me`, registered, { token: await signIn(api, username, password) }))
      .id;
  }
  const known = z.object({ data: registered }).safeParse(answer.body);
  if (!known.success) {
    throw new Trouble(
      `Registering ${username} was answered ${answer.status}: ${JSON.stringify(answer.body)}`,
    );
  }
  const { id } = known.data.data;
  await ask(`${api}/admin/merchants/${id}/approve`, z.unknown(), {
    token: adminToken,
    key: `approve-${id}`,
    body: { credit_limit: limit },
  });
  return id;
}

export async function topUpPool(
  api: string,
  adminToken: string,
  amount: string,
  key: string,
): Promise<void> {
  const what = { token: adminToken, key, body: { amount } };
  await ask(`${api}/admin/pools/USD/topups`, z.unknown(), what);
}

/** Two approved merchants with credit, and a pool that can pay them. Harmless to repeat. */
export async function seedDemo(api: string): Promise<User[]> {
  const adminToken = await signIn(api, ADMIN.username, ADMIN.password);
  const merchants = ['alice', 'bob'].map((username) => ({ username, password: PASSWORD }));
  await Promise.all([
    topUpPool(api, adminToken, '100000.00', 'demo-top-up'),
    ...merchants.map((merchant) => {
      const credit = { limit: '1000.00', bankAccount: `DEMO-${merchant.username}` };
      return createMerchant(api, adminToken, merchant, credit);
    }),
  ]);
  return merchants;
}
