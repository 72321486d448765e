import '../../harness/enable-logs.ts';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { nameKey } from '../../../lambdas/ledger/keys.ts';
import {
  answerAdminChallenge,
  issueAdminToken,
  refreshAdminToken,
} from '../../../lambdas/operations/admin-auth/tokens.ts';
import type { SignInResult } from '../../../lambdas/operations/auth/user-pool.ts';
import { type FakeUserPool, fakeUserPool } from '../../harness/fake-user-pool.ts';
import type { Reply } from '../../harness/harness.ts';
import { callerOf, expectProblem, wrongFields } from '../../harness/http-caller.ts';
import { aMerchant, inMemoryLedger, stored } from '../../harness/in-memory-ledger.ts';
import { linesOf } from '../../harness/log-lines.ts';
import { POOLS } from '../../harness/sign-ins.ts';

const SESSION = 'a-session-of-the-user-pool';
const PASSWORD = 'Secret-123';
let admins: FakeUserPool;
let merchants: FakeUserPool;
beforeEach(async () => {
  admins = fakeUserPool(POOLS.admin);
  await admins.createUser('root', PASSWORD);
  await admins.setPassword(admins.users.get('root')?.sub ?? '', PASSWORD);
  merchants = fakeUserPool(POOLS.merchant);
});
type Rows = readonly { readonly pk: string; readonly sk: string }[];
const caller = (more: Partial<FakeUserPool> = {}, rows: Rows = []) =>
  callerOf(
    {
      ...inMemoryLedger(...rows),
      merchantPool: merchants,
      adminPool: { ...admins, ...more },
    },
    issueAdminToken,
    refreshAdminToken,
    answerAdminChallenge,
  );
const body = { username: 'Root', password: PASSWORD };
const challenge =
  (name: 'MFA_SETUP' | 'SOFTWARE_TOKEN_MFA') => async (): Promise<SignInResult> => ({
    kind: 'challenge',
    name,
    session: SESSION,
  });

describe('ID-8: administrators sign in at a pool of their own', () => {
  it('name and password return tokens, and a refresh token returns new ones', async () => {
    const reply = await caller()('POST /admin/auth/token', { body });
    expect(reply.body.data).toMatchObject({ access_token: 'access root', expires_in: 900 });
    const refresh = { body: { refresh_token: 'refresh root' } };
    const refreshed = await caller()('POST /admin/auth/refresh', refresh);
    expect(refreshed.body.data.access_token).toBe('access root');
  });

  it('a wrong password is refused', async () => {
    const wrong = { ...body, password: 'Wrong-1234' };
    const reply = await caller()('POST /admin/auth/token', { body: wrong });
    expectProblem(reply, 401, 'invalid_credentials');
  });

  it('a user made in the console sets a new password first', async () => {
    await admins.createUser('made', PASSWORD);
    const signIn = { body: { ...body, username: 'made' } };
    const { data } = (await caller()('POST /admin/auth/token', signIn)).body;
    expect(data).toEqual({ challenge: 'NEW_PASSWORD_REQUIRED', session: expect.any(String) });
    const answer = { ...data, username: 'made', new_password: 'Chosen-1234' };
    const reply = await caller()('POST /admin/auth/challenge', { body: answer });
    expect(reply.body.data.access_token).toBe('access made');
  });

  it('the challenge to set up an authenticator comes with its secret as a URI, and a new session', async () => {
    const startMfaSetup = async () => ({ secret: 'JBSWY3DPEHPK3PXP', session: 's2' });
    const call = caller({ signIn: challenge('MFA_SETUP'), startMfaSetup });
    const reply = await call('POST /admin/auth/token', { body: { ...body, username: 'r@b' } });
    expect([reply.status, reply.body.data]).toEqual([
      200,
      {
        challenge: 'MFA_SETUP',
        session: 's2',
        otpauth_uri: 'otpauth://totp/Surety%3Ar%40b?secret=JBSWY3DPEHPK3PXP&issuer=Surety',
      },
    ]);
  });

  it.each(['MFA_SETUP', 'SOFTWARE_TOKEN_MFA'] as const)(
    'the answer to %s is the code of the authenticator',
    async (name) => {
      const seen: unknown[] = [];
      const answer: FakeUserPool['answer'] = async (given) => {
        seen.push(given);
        return given.challenge !== 'NEW_PASSWORD_REQUIRED' && given.code === '123456'
          ? { kind: 'tokens', tokens: { AccessToken: 'access' } }
          : { kind: 'wrong_code' };
      };
      const given = { challenge: name, username: 'Root', session: SESSION, code: '123456' };
      const call = caller({ answer });
      const reply = await call('POST /admin/auth/challenge', { body: given });
      expect(reply.body.data.access_token).toBe('access');
      expect(seen).toEqual([{ ...given, username: 'root' }]);
      const wrong = await call('POST /admin/auth/challenge', {
        body: { ...given, code: '000000' },
      });
      expectProblem(wrong, 401, 'wrong_code');
    },
  );

  it('one challenge may follow another', async () => {
    const call = caller({ answer: challenge('SOFTWARE_TOKEN_MFA') });
    const answer = {
      challenge: 'NEW_PASSWORD_REQUIRED',
      session: SESSION,
      new_password: 'Chosen-1',
    };
    const reply = await call('POST /admin/auth/challenge', {
      body: { ...answer, username: 'root' },
    });
    expect(reply.body.data).toEqual({ challenge: 'SOFTWARE_TOKEN_MFA', session: SESSION });
  });

  it('a name that a merchant has gets neither tokens nor a challenge, and only who knows the password learns why', async () => {
    const rows = [
      { ...nameKey('root'), merchantId: 'M1' },
      stored(aMerchant({ id: 'M1', name: 'root' })),
    ];
    const call = caller({}, rows);
    expectProblem(await call('POST /admin/auth/token', { body }), 409, 'name_taken');
    const challenged = caller({ signIn: challenge('SOFTWARE_TOKEN_MFA') }, rows);
    expectProblem(await challenged('POST /admin/auth/token', { body }), 409, 'name_taken');
    const wrong = { ...body, password: 'Wrong-1234' };
    const reply = await call('POST /admin/auth/token', { body: wrong });
    expectProblem(reply, 401, 'invalid_credentials');
  });

  it('a name that a merchant signs in with gets none either, and is logged as a failed sign-in', async () => {
    await merchants.createUser('root', 'Another-1');
    let reply: Reply | undefined;
    const lines = await linesOf(async () => {
      reply = await caller()('POST /admin/auth/token', { body });
    });
    expect([reply?.status, reply?.body.code]).toEqual([409, 'name_taken']);
    expect(lines).toContainEqual(expect.objectContaining({ message: 'SIGN_IN_REFUSED' }));
  });

  it.each([
    [{}, { challenge: 'required' }],
    [
      { challenge: 'SOFTWARE_TOKEN_MFA', username: 'root', session: SESSION, code: '12345' },
      { code: 'code_malformed' },
    ],
    [{ challenge: 'MFA_SETUP', username: 'root', code: '123456' }, { session: 'required' }],
  ])('AP-3: the answer %j names each wrong field', async (answer, fields) => {
    const reply = await caller()('POST /admin/auth/challenge', { body: answer });
    expect(wrongFields(reply)).toEqual(fields);
  });
});
