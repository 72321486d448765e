import * as z from 'zod';

/** A user of a user pool: how a merchant signs in, not who the merchant is. */
export const signIn = z.object({
  pool: z.string().min(1),
  /** The user's id. Unlike a name, no other user can ever have it. */
  sub: z.string().min(1),
  username: z.string().min(1),
});
export type SignIn = z.infer<typeof signIn>;
export type SignInId = Pick<SignIn, 'pool' | 'sub'>;
