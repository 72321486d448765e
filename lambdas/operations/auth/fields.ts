import * as z from 'zod';
import { nothing } from '../../http/fields.ts';

/** Fields of signing in. The user pool has the rules of passwords, and its own text for them. */
export const password = z.string().min(1).max(256);
export const newPassword = z.string().min(1, 'password_too_weak').max(256);
/** Of an existing user, in lower case as Surety creates users. Not every one is a valid merchant name. */
const existingName = z.string().min(1).max(128).toLowerCase();
/** Cognito's own bounds. */
const session = z.string().min(20).max(2048);

export const credentials = z.object({
  query: nothing,
  body: z.strictObject({ username: existingName, password }),
});
export const refreshInput = z.object({
  query: nothing,
  body: z.strictObject({ refresh_token: z.string().min(1).max(8192) }),
});

const answering = { username: existingName, session };
export const newPasswordAnswer = z
  .strictObject({
    ...answering,
    challenge: z.literal('NEW_PASSWORD_REQUIRED'),
    new_password: newPassword,
  })
  .transform(({ new_password, ...answer }) => ({ ...answer, newPassword: new_password }));
export const codeAnswer = z.strictObject({
  ...answering,
  challenge: z.enum(['MFA_SETUP', 'SOFTWARE_TOKEN_MFA']),
  code: z.string().regex(/^\d{6}$/, 'code_malformed'),
});
