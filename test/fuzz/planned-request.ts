import type { Value } from './value.ts';

/** Who sends a request. `owner`: the caller to whom the known value in the path, or else in the body, belongs. */
export type CallerChoice =
  | { readonly kind: 'stable' | 'changeable' | 'garbage'; readonly at: number }
  | { readonly kind: 'admin' | 'nobody' | 'owner' };

export type Entry = readonly [name: string, value: Value];
export type PlannedBody =
  | { readonly kind: 'none' }
  /** A JSON object; a name can appear twice. */
  | { readonly kind: 'fields'; readonly entries: readonly Entry[] }
  | { readonly kind: 'raw'; readonly text: string; readonly encoding: 'utf8' | 'latin1' };

/** A request before values of earlier responses are filled in. A pure function of the seed. */
export type OneRequest = {
  readonly kind: 'valid' | 'hostile' | 'lost';
  /** The route that it was made for; empty for a path that no operation has. */
  readonly route: string;
  readonly method: string;
  /** A text is a fixed part of the route. */
  readonly path: readonly (string | Value)[];
  readonly query: readonly Entry[];
  readonly body: PlannedBody;
  readonly caller: CallerChoice;
  readonly key: Value | undefined;
  readonly headers: Readonly<Record<string, string>>;
};
/** A request that depends on an earlier one. */
export type FollowUp = {
  /**
   * The same request again, the same key with another body, the next page of a list, and the cursor of
   * one list for another one.
   */
  readonly kind: 'repeat' | 'reuse-key' | 'next-page' | 'foreign-page';
  readonly at: number;
};
export type PlannedRequest = OneRequest | FollowUp;
