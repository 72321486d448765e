import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider';
import { z } from 'zod';
import { request, requestData, signIn } from './api.ts';
import { CREDENTIALS, type Outputs, REGION } from './cdk.ts';
import { CliError } from './cli-error.ts';
import type { User } from './running.ts';

/** Public. Valid only on a cloud on the developer's own machine. */
export const DEMO_PASSWORD = 'Surety-demo-2026';
/** Two, because large deposits need a second admin. */
export const ADMINS: readonly User[] = ['admin', 'admin2'].map((username) => ({
  username,
  password: DEMO_PASSWORD,
}));

/** Admins are created in Cognito only. The API registers merchants only. */
export async function createAdmins(cloud: string, { AdminPoolId }: Outputs): Promise<void> {
  const cognito = new CognitoIdentityProviderClient({
    endpoint: cloud,
    region: REGION,
    credentials: CREDENTIALS,
  });
  for (const { username: Username, password } of ADMINS) {
    const user = { UserPoolId: AdminPoolId, Username };
    try {
      await cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }));
    } catch (error) {
      // An external cloud (LOCAL_CLOUD_URL) can have the admin already.
      if (!(error instanceof UsernameExistsException)) throw error;
    }
    const permanent = { Password: password, Permanent: true };
    await cognito.send(new AdminSetUserPasswordCommand({ ...user, ...permanent }));
    await cognito.send(new AdminAddUserToGroupCommand({ ...user, GroupName: 'admins' }));
  }
  cognito.destroy();
}

/** The access token of the first admin. */
export async function signInAsAdmin(api: string): Promise<string> {
  const [admin] = ADMINS;
  if (admin === undefined) throw new CliError('There is no admin.');
  return signIn(`${api}/admin`, admin);
}

const registered = z.object({ id: z.string() });

export type Credit = { readonly limit: string; readonly bankAccount: string };

/** Registers and approves a merchant through the API. Does not change an existing merchant. */
export async function createMerchant(
  api: string,
  adminToken: string,
  { username, password }: User,
  { limit, bankAccount }: Credit,
): Promise<string> {
  const body = { username, password, requested_credit: limit, bank_account: bankAccount };
  const response = await request(`${api}/auth/register`, { body });
  if (response.status === 409) {
    const token = await signIn(api, { username, password });
    return (await requestData(`${api}/me`, registered, { token })).id;
  }
  const created = z.object({ data: registered }).safeParse(response.body);
  if (!created.success) {
    throw new CliError(
      `Registering ${username} failed with ${response.status}: ${JSON.stringify(response.body)}`,
    );
  }
  const { id } = created.data.data;
  await requestData(`${api}/admin/merchants/${id}/approve`, z.unknown(), {
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
  const options = { token: adminToken, key, body: { amount } };
  await requestData(`${api}/admin/pools/USD/topups`, z.unknown(), options);
}

/** Two approved merchants with credit, and a funded pool. Can be repeated. */
export async function seedDemo(api: string): Promise<User[]> {
  const adminToken = await signInAsAdmin(api);
  const merchants = ['alice', 'bob'].map((username) => ({ username, password: DEMO_PASSWORD }));
  await Promise.all([
    topUpPool(api, adminToken, '100000.00', 'demo-top-up'),
    ...merchants.map((merchant) => {
      const credit = { limit: '1000.00', bankAccount: `DEMO-${merchant.username}` };
      return createMerchant(api, adminToken, merchant, credit);
    }),
  ]);
  return merchants;
}
