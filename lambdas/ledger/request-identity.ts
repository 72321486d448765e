import { createHash } from 'node:crypto';
import { responseIdOf, transactionId } from './keys.ts';

/** What a repeat must match: method, actual path, query and whole body, as sent. */
export type SentRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
};

/** Where the outcome of a request is stored, whatever it was. */
type RequestAddress = {
  /** Of the stored response. */
  readonly responseId: string;
  /** Partition and id of its transaction. */
  readonly pk: string;
  readonly txnId: string;
};

/** Everything that identifies a request, computed once before anything else. */
export type RequestIdentity = RequestAddress & {
  /** Of what was sent: the same key with another hash is refused. */
  readonly hash: string;
  /** The admin who sent it; absent where a merchant did. */
  readonly admin?: string | undefined;
};

/** 132 bits: enough to tell requests apart, and short, since every row that stores it is billed by size. */
const HASH_CHARACTERS = 22;

export const requestIdentity = (
  caller: string,
  operation: string,
  key: string,
  pk: string,
  sent: SentRequest,
): RequestIdentity =>
  identityOf(caller, operation, key, pk, hashOf(sent).slice(0, HASH_CHARACTERS));

/** The same of a request whose hash was computed where it was received. */
export const identityOf = (
  caller: string,
  operation: string,
  key: string,
  pk: string,
  hash: string,
): RequestIdentity => ({ ...addressOf(caller, operation, key, pk), hash });

export const addressOf = (
  caller: string,
  operation: string,
  key: string,
  pk: string,
): RequestAddress => ({
  responseId: responseIdOf(hashOf([caller, operation, key])),
  pk,
  txnId: transactionId(caller, pk, operation, key),
});

const hashOf = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('base64');

/** JSON with the names of every object sorted: the order in which a client writes fields says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
