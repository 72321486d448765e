import type { Access } from '../../lambdas/http/operation.ts';
import type { Caller } from './caller.ts';

/** What the API must answer to a request that depends on an earlier one. */
type Expectation =
  | { readonly kind: 'any' }
  /** The first response, byte for byte. */
  | { readonly kind: 'replay'; readonly status: number; readonly text: string }
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'page' };

/** The operation that a path leads to. `unclear`: gateways may differ in how they read the path. */
export type Target =
  | {
      readonly kind: 'operation';
      readonly route: string;
      readonly access: Access;
      /** Whether it stores responses by key. */
      readonly storesResponses: boolean;
      /** Whether it returns one page of a list. */
      readonly isList: boolean;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'unclear' };

export type QueryEntry = [name: string, value: string];

export type SentRequest = {
  readonly kind: string;
  readonly caller: Caller;
  readonly target: Target;
  readonly method: string;
  /** Below the API's prefix, with the query. */
  readonly path: string;
  readonly query: readonly QueryEntry[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly expects: Expectation;
};

export type ReceivedResponse = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

export type Exchange = { readonly request: SentRequest; readonly response: ReceivedResponse };

/** The JSON of a body, or undefined if it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
