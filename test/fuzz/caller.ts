import { signIn } from '../../local/api.ts';
import type { User } from '../../local/running.ts';

/** Who sends requests. A stable merchant is never suspended, rejected or archived. */
export type Caller = {
  readonly name: string;
  readonly kind: 'stable' | 'changeable' | 'admin' | 'nobody' | 'garbage';
  /** Of a merchant. */
  readonly id?: string;
  /** The `Authorization` header, if one is sent. */
  readonly authorization: () => Promise<string | undefined>;
};

/** An access token is valid for 15 minutes. */
const NEW_TOKEN_AFTER_MS = 8 * 60_000;

/** Signs in when a token is first needed, and again before it expires. */
export function session(api: string, user: User): () => Promise<string> {
  let token: Promise<string> | undefined;
  let issuedAt = 0;
  return () => {
    if (token === undefined || performance.now() - issuedAt > NEW_TOKEN_AFTER_MS) {
      issuedAt = performance.now();
      token = signIn(api, user);
    }
    return token;
  };
}

export const bearer = (token: () => Promise<string>) => async (): Promise<string> =>
  `Bearer ${await token()}`;

export const NOBODY: Caller = {
  name: 'nobody',
  kind: 'nobody',
  authorization: async () => undefined,
};

/** Tokens that the gateway must refuse: malformed, unsigned, and forged from a valid one. */
export function garbageCallers(validToken: () => Promise<string>): readonly Caller[] {
  const forged = async (): Promise<string> => {
    const [header, claims = '', signature] = (await validToken()).split('.');
    const decoded: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const admin = { ...Object(decoded), 'cognito:groups': ['admins'] };
    const payload = Buffer.from(JSON.stringify(admin)).toString('base64url');
    return `Bearer ${header}.${payload}.${signature}`;
  };
  const unsigned = async (): Promise<string> => {
    const [, claims] = (await validToken()).split('.');
    const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    return `Bearer ${header}.${claims}.`;
  };
  const authorizations = [
    async () => 'Bearer garbage',
    async () => 'Bearer ',
    async () => 'Bearer a.b.c',
    async () => 'Basic YWRtaW46YWRtaW4=',
    forged,
    unsigned,
  ];
  return authorizations.map((authorization, index) => ({
    name: `garbage ${index}`,
    kind: 'garbage',
    authorization,
  }));
}
