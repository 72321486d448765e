import { createHmac, randomUUID } from 'node:crypto';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AssociateSoftwareTokenCommand,
  CognitoIdentityProviderClient,
  DeleteUserCommand,
  SetUserPoolMfaConfigCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, it } from '@jest/globals';
import { signIn as signInTo } from '../../local/api.ts';
import { adminToken, eventually, newMerchant, PASSWORD, send } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';
import { asRoot } from '../harness/root-access.ts';

const MINUTE = 60_000;
const cognito = () => new CognitoIdentityProviderClient(asRoot());
const signIn = (username: string, password = PASSWORD) =>
  send('/auth/token', { body: { username, password } });

/** The code of an authenticator now (RFC 6238: HMAC-SHA-1, 30 seconds, six digits). */
function totp(base32: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...base32.replaceAll('=', '')]
    .map((each) => letters.indexOf(each).toString(2).padStart(5, '0'))
    .join('');
  const secret = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', secret).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  const number = (hash.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000;
  return String(number).padStart(6, '0');
}

describe('signing in, on the deployed app', () => {
  it(
    'ID-8: an administrator made in Cognito sets a password and signs in with an authenticator',
    async () => {
      const { AdminPoolId: UserPoolId } = localCloud().outputs;
      const username = `root-${randomUUID().slice(0, 8)}`;
      const user = { UserPoolId, Username: username };
      const temporary = { TemporaryPassword: 'Temporary-2026', MessageAction: 'SUPPRESS' } as const;
      await cognito().send(new AdminCreateUserCommand({ ...user, ...temporary }));
      await cognito().send(new AdminAddUserToGroupCommand({ ...user, GroupName: 'admins' }));
      const first = { username, password: 'Temporary-2026' };
      const challenged = await send('/admin/auth/token', { body: first });
      expect(challenged.body.data.challenge).toBe('NEW_PASSWORD_REQUIRED');
      const chosen = { ...challenged.body.data, username, new_password: PASSWORD };
      const answered = await send('/admin/auth/challenge', { body: chosen });
      const { access_token: AccessToken } = answered.body.data;

      // The local cloud has no MFA_SETUP: the user enrols with its token, and the pool asks from then on.
      const { SecretCode = '' } = await cognito().send(
        new AssociateSoftwareTokenCommand({ AccessToken }),
      );
      const UserCode = totp(SecretCode);
      await cognito().send(new VerifySoftwareTokenCommand({ AccessToken, UserCode }));
      const mfa = (MfaConfiguration: 'OPTIONAL' | 'OFF') =>
        cognito().send(
          new SetUserPoolMfaConfigCommand({
            UserPoolId,
            MfaConfiguration,
            SoftwareTokenMfaConfiguration: { Enabled: MfaConfiguration !== 'OFF' },
          }),
        );
      await mfa('OPTIONAL');
      const asked = await send('/admin/auth/token', { body: { username, password: PASSWORD } });
      await mfa('OFF');
      expect(asked.body.data).toEqual({
        challenge: 'SOFTWARE_TOKEN_MFA',
        session: expect.any(String),
      });
      const answer = (code: string) =>
        send('/admin/auth/challenge', { body: { ...asked.body.data, username, code } });
      const current = totp(SecretCode);
      const wrong = await answer(current === '000000' ? '000001' : '000000');
      expect([wrong.status, wrong.body.code]).toEqual([401, 'wrong_code']);
      const { access_token: token } = (await answer(totp(SecretCode))).body.data;
      expect((await send('/admin/merchants?limit=1', { token })).status).toBe(200);
    },
    MINUTE,
  );

  it('ID-7: a merchant whose user was deleted gets a new sign-in, and nobody else gets its name', async () => {
    const shop = await newMerchant('E2E-SHOP');
    await cognito().send(new DeleteUserCommand({ AccessToken: shop.token }));
    expect((await signIn(shop.username)).status).toBe(401);
    const form = { requested_credit: '1.00', bank_account: 'E2E-THIEF' };
    const thief = { username: shop.username, password: PASSWORD, ...form };
    expect((await send('/auth/register', { body: thief })).body.code).toBe('name_taken');
    expect((await signIn(shop.username)).status).toBe(401);

    const temporary = 'Temporary-2026';
    const body = { username: shop.username, temporary_password: temporary };
    const path = `/admin/merchants/${shop.id}/sign-in`;
    const connected = await send(path, { method: 'PUT', token: await adminToken(), body });
    expect([connected.status, connected.body.data.id]).toEqual([200, shop.id]);
    const { data: challenge } = (await signIn(shop.username, temporary)).body;
    const chosen = { ...challenge, username: shop.username, new_password: PASSWORD };
    const { access_token: token } = (await send('/auth/challenge', { body: chosen })).body.data;
    expect((await send('/me', { token })).body.data).toMatchObject({
      id: shop.id,
      credit: [{ limit: '100.00' }],
    });
  });

  it('ID-7: a merchant changes its password and bank account, and signs out everywhere', async () => {
    const { token, username } = await newMerchant('E2E-BEFORE');
    const { refresh_token } = (await signIn(username)).body.data;
    const account = { bank_account: 'E2E-AFTER', password: PASSWORD };
    const changed = await send('/me', { method: 'PATCH', token, body: account });
    expect([changed.status, changed.body.data.bank_account]).toEqual([200, 'E2E-AFTER']);
    const next = 'Another-horse-9';
    const passwords = { password: PASSWORD, new_password: next };
    expect((await send('/auth/password', { token, body: passwords })).status).toBe(200);
    expect((await signIn(username)).body.code).toBe('invalid_credentials');
    expect((await signIn(username, next)).status).toBe(200);
    const refresh = (refreshToken: string) =>
      send('/auth/refresh', { body: { refresh_token: refreshToken } });
    expect((await refresh(refresh_token)).body.code).toBe('invalid_credentials');
    const { refresh_token: later } = (await signIn(username, next)).body.data;
    expect((await refresh(later)).status).toBe(200);
    expect((await send('/auth/sign-out', { method: 'POST', token })).status).toBe(200);
    expect((await refresh(later)).body.code).toBe('invalid_credentials');
  });

  it('ID-8: a large deposit is in the wallet once a second admin has confirmed it', async () => {
    const { id, token } = await newMerchant('E2E-LARGE');
    const { api, admins } = localCloud();
    const [, other] = admins;
    if (other === undefined) throw new Error('no second admin');
    const [first, second] = [await adminToken(), await signInTo(`${api}/admin`, other)];
    const deposit = { token: first, key: randomUUID(), body: { amount: '10000000.01' } };
    const proposed = await send(`/admin/wallets/${id}/deposits`, deposit);
    expect([proposed.status, proposed.body.data.status]).toEqual([202, 'PROPOSED']);
    const confirm = (admin: string) =>
      eventually(
        () =>
          send(`/admin/transactions/${proposed.body.data.id}/confirm`, {
            method: 'POST',
            token: admin,
          }),
        ({ status }) => status !== 404,
      );
    expect((await confirm(first)).body.code).toBe('second_admin_needed');
    expect((await send('/wallets/USD', { token })).body.data.available).toBe('0.00');
    expect((await confirm(second)).status).toBe(201);
    expect((await send('/wallets/USD', { token })).body.data.available).toBe('10000000.01');
  });

  it('ID-8: the name of an administrator cannot be registered', async () => {
    const form = { requested_credit: '1.00', bank_account: 'E2E-1' };
    const body = { username: 'Admin', password: PASSWORD, ...form };
    expect((await send('/auth/register', { body })).body.code).toBe('name_taken');
  });
});
