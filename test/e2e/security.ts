import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  AdminAddUserToGroupCommand,
  AdminConfirmSignUpCommand,
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  DescribeUserPoolClientCommand,
  SignUpCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '../../lambdas/operations/index.ts';
import { adminToken, newMerchant, PASSWORD, send } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';
import { asRoot } from '../harness/root-access.ts';

const MINUTE = 60_000;
const cognito = () => new CognitoIdentityProviderClient(asRoot());

let merchant: Awaited<ReturnType<typeof newMerchant>>;
let admin: string;
beforeAll(async () => {
  admin = await adminToken();
  merchant = await newMerchant('E2E-SECURITY');
  const topUp = { token: admin, key: randomUUID(), body: { amount: '100.00' } };
  await send('/admin/pools/USD/topups', topUp);
  await send('/withdrawals', { token: merchant.token, key: 'w', body: { amount: '1.00' } });
}, MINUTE);

const passwordTokens = async (UserPoolId: string, ClientId: string, username: string) => {
  const { AuthenticationResult } = await cognito().send(
    new AdminInitiateAuthCommand({
      UserPoolId,
      ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: username, PASSWORD },
    }),
  );
  return AuthenticationResult ?? {};
};
const merchantTokens = () => {
  const { MerchantPoolId, MerchantPoolClientId } = localCloud().outputs;
  return passwordTokens(MerchantPoolId, MerchantPoolClientId, merchant.username);
};

/** A valid access token of another user pool on the same cloud. */
async function tokenOfAnotherPool(): Promise<string> {
  const { UserPool } = await cognito().send(new CreateUserPoolCommand({ PoolName: 'another' }));
  const { UserPoolClient } = await cognito().send(
    new CreateUserPoolClientCommand({
      UserPoolId: UserPool?.Id,
      ClientName: 'c',
      ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  );
  const ClientId = UserPoolClient?.ClientId ?? '';
  const Username = 'stranger';
  await cognito().send(new SignUpCommand({ ClientId, Username, Password: PASSWORD }));
  await cognito().send(new AdminConfirmSignUpCommand({ UserPoolId: UserPool?.Id, Username }));
  return (await passwordTokens(UserPool?.Id ?? '', ClientId, Username)).AccessToken ?? '';
}

const claimsOf = (token: string): Record<string, unknown> & { readonly exp: number } =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

/** An access token that was valid for one second. The client's validity is restored afterwards. */
async function expiredToken(): Promise<string> {
  const { MerchantPoolId: UserPoolId, MerchantPoolClientId: ClientId } = localCloud().outputs;
  const { UserPoolClient } = await cognito().send(
    new DescribeUserPoolClientCommand({ UserPoolId, ClientId }),
  );
  const { ClientName, ExplicitAuthFlows, TokenValidityUnits, AccessTokenValidity } =
    UserPoolClient ?? {};
  const client = { UserPoolId, ClientId, ClientName, ExplicitAuthFlows };
  await cognito().send(
    new UpdateUserPoolClientCommand({
      ...client,
      AccessTokenValidity: 1,
      TokenValidityUnits: { AccessToken: 'seconds' },
    }),
  );
  const token = (await merchantTokens()).AccessToken ?? '';
  await cognito().send(
    new UpdateUserPoolClientCommand({ ...client, AccessTokenValidity, TokenValidityUnits }),
  );
  const { exp } = claimsOf(token);
  expect(exp * 1000 - Date.now()).toBeLessThan(5_000);
  await pause(exp * 1000 - Date.now() + 1_000);
  return token;
}

describe('authentication at the gateway', () => {
  it(
    'ID-3 ID-8 AP-3: every route that needs a token refuses a missing, malformed, forged, foreign or expired one, and the other pool’s',
    async () => {
      const [header, , signature] = merchant.token.split('.');
      const claims = { ...claimsOf(merchant.token), 'cognito:groups': ['admins'] };
      const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
      const tokens = [
        undefined,
        'garbage',
        `${header}.${forged}.${signature}`,
        await tokenOfAnotherPool(),
        await expiredToken(),
      ];
      const closed = OPERATIONS.filter(({ access }) => access !== 'anyone');
      for (const { route, access } of closed) {
        const [method = '', path = ''] = route.split(' ');
        const otherPool = access === 'admin' ? merchant.token : admin;
        for (const token of [...tokens, otherPool]) {
          const authorization = token === undefined ? {} : { token };
          const reply = await send(path.replaceAll(/[{}]/g, ''), { method, ...authorization });
          expect([route, reply.status]).toEqual([route, 401]);
        }
      }
      expect((await send('/me', { token: merchant.token })).status).toBe(200);
      expect((await send('/admin/merchants', { token: admin })).status).toBe(200);
    },
    2 * MINUTE,
  );

  it('ID-3 AP-3: an ID token is refused with 401 and a problem document', async () => {
    const reply = await send('/me', { token: (await merchantTokens()).IdToken ?? '' });
    expect([reply.status, reply.body.code]).toEqual([401, 'access_token_required']);
  });

  it('ID-8 AP-3: a user of the admin pool outside the group admins is refused with 403', async () => {
    const { AdminPoolId: UserPoolId } = localCloud().outputs;
    const username = `x-${randomUUID()}`;
    const user = { UserPoolId, Username: username };
    await cognito().send(new CreateGroupCommand({ UserPoolId, GroupName: 'xadmins' }));
    await cognito().send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }));
    const password = { Password: PASSWORD, Permanent: true };
    await cognito().send(new AdminSetUserPasswordCommand({ ...user, ...password }));
    await cognito().send(new AdminAddUserToGroupCommand({ ...user, GroupName: 'xadmins' }));
    const body = { username, password: PASSWORD };
    const { access_token: token } = (await send('/admin/auth/token', { body })).body.data;
    expect(claimsOf(token)).toMatchObject({ 'cognito:groups': ['xadmins'] });
    expect((await send('/admin/merchants', { token })).body.code).toBe('admin_only');
  });
});

describe('invalid input through the gateway', () => {
  const post = (body: unknown, key: string | undefined = randomUUID()) =>
    send('/withdrawals', { token: merchant.token, body, ...(key && { key }) });

  it.each([
    ['missing', {}],
    ['zero', { amount: '0.00' }],
    ['negative', { amount: '-1.00' }],
    ['scientific', { amount: '1e3' }],
    ['not a number', { amount: 'NaN' }],
    ['too precise', { amount: '1.001' }],
    ['of 40 digits', { amount: '1'.repeat(40) }],
    ['a JSON number', { amount: 1 }],
    ['in Arabic-Indic digits', { amount: '١٢' }],
  ])(
    'WA-1 AP-3: an amount that is %s is refused with 422 and the name of the field',
    async (_case, body) => {
      const reply = await post(body);
      expect([reply.status, reply.body.errors[0].field]).toEqual([422, 'amount']);
      expect(reply.headers.get('content-type')).toContain('application/problem+json');
    },
  );

  it('AP-1: a missing Idempotency-Key is refused with 400, a key of 300 characters with 422', async () => {
    expect((await post({ amount: '1.00' }, '')).body.code).toBe('idempotency_key_required');
    expect((await post({ amount: '1.00' }, 'k'.repeat(300))).status).toBe(422);
  });

  it('AP-3: malformed JSON is 400, a body of 1 MB 413, an unknown field 422, a wrong method 405, an unknown path 404', async () => {
    expect((await post('{"amount":')).status).toBe(400);
    expect((await post('x'.repeat(1_048_576))).status).toBe(413);
    expect((await post({ amount: '1.00', merchant: 'm' })).status).toBe(422);
    const wrong = await send('/withdrawals', { method: 'PATCH', token: merchant.token });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, GET']);
    expect((await send('/nothing/here')).status).toBe(404);
  });

  it('ID-1: a weak password is refused in the words of the user pool, a taken name with 409', async () => {
    const body = {
      username: `w-${randomUUID().slice(0, 8)}`,
      password: 'weak',
      requested_credit: '1.00',
      bank_account: 'E2E-1',
    };
    const weak = await send('/auth/register', { body });
    expect([weak.status, weak.body.errors[0].field]).toEqual([422, 'password']);
    expect(weak.body.errors[0].message.en).toMatch(/password/i);
    const taken = { ...body, username: merchant.username.toUpperCase(), password: PASSWORD };
    expect(
      (await send('/auth/register', { body: { ...taken, password: 'Another-pw-1' } })).status,
    ).toBe(409);
    expect((await send('/auth/register', { body: taken })).body.code).toBe('name_taken');
  });
});

describe('settlement is reachable through IAM alone', () => {
  const functionUrl = () => {
    const { cloud, outputs } = localCloud();
    return `${cloud}/2015-03-31/functions/${outputs.SettleFunctionName}/invocations`;
  };

  it('WD-4: without a signature, and with the token of a merchant or an admin, its queue and function are closed', async () => {
    const { cloud, outputs, api } = localCloud();
    for (const token of [undefined, merchant.token, admin]) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const queue = await fetch(outputs.PayoutQueueUrl.replace(/^https?:\/\/[^/]+/, cloud), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'Action=SendMessage&MessageBody=x',
      });
      const direct = await fetch(functionUrl(), { method: 'POST', headers, body: '{}' });
      const routed = await fetch(`${api}/settle`, { method: 'POST', headers, body: '{}' });
      expect([queue.status, direct.status, routed.status]).toEqual([403, 403, 404]);
    }
  });
});
