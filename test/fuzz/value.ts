/**
 * A value of a generated request. Ids, cursors and keys do not exist yet when requests are generated, so
 * a value can name a place in a pool of what earlier responses returned.
 */
export type Value =
  /** A JSON string in a body. Escaped in a path and in a query. */
  | { readonly kind: 'text'; readonly text: string }
  /** Sent as written: JSON of any type in a body, no escaping in a path. */
  | { readonly kind: 'source'; readonly source: string }
  /** Unique in every run, so that runs with the same seed can share a cloud. */
  | { readonly kind: 'fresh'; readonly prefix: string }
  /** A time relative to the sending of the request. */
  | { readonly kind: 'ahead'; readonly ms: number }
  | {
      readonly kind: 'known';
      readonly pool: PoolName;
      readonly at: number;
      readonly twist?: Twist;
    }
  /** A cursor with a valid digest for this list of this caller, at a position of the fuzzer's choice. */
  | { readonly kind: 'forged-cursor'; readonly position: string };

export const POOLS = [
  /** Ids of all merchants of the run. */
  'merchant',
  'username',
  /** Ids of merchants that may be suspended, rejected and archived. */
  'changeable',
  'withdrawal',
  'scheduled',
  'sale',
  'transaction',
  'quote',
  'key',
  'refresh-token',
  'cursor',
] as const;
export type PoolName = (typeof POOLS)[number];

/** What makes a known value almost right. */
export const TWISTS = ['upper', 'lower', 'cut', 'longer'] as const;
export type Twist = (typeof TWISTS)[number];

export const text = (value: string): Value => ({ kind: 'text', text: value });
export const source = (value: string): Value => ({ kind: 'source', source: value });

export const twisted = (value: string, twist: Twist | undefined): string => {
  switch (twist) {
    case 'upper':
      return value.toUpperCase();
    case 'lower':
      return value.toLowerCase();
    case 'cut':
      return value.slice(0, -1);
    case 'longer':
      return `${value}A`;
    case undefined:
      return value;
  }
};
