import fc from 'fast-check';
import { cursorAt } from '../../lambdas/http/cursor.ts';
import { notBefore } from '../../lambdas/http/fields.ts';

export type List = {
  readonly route: string;
  readonly callerId: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
};

/** A time as the API writes it; any other text unchanged. */
const instant = (text: string | undefined): string | undefined =>
  notBefore.safeParse(text).data ?? text;

/** The names of the lists of the operations, written a second time: no operation exports its own. */
function nameOf({ route, callerId: id, params, query }: List): readonly unknown[] {
  const { status, merchant, type } = query;
  const filters = {
    currency: query['currency']?.toUpperCase(),
    reference: query['reference'],
    payer: query['payer']?.toLowerCase(),
    payee: query['payee']?.toLowerCase(),
    created_after: instant(query['created_after']),
    created_before: instant(query['created_before']),
  };
  switch (route) {
    case 'GET /withdrawals':
      return ['list-withdrawals', id, { ...filters, status }];
    case 'GET /sales':
      // In the order in which the operation's two schemas read them.
      return ['list-sales', id, { ...filters, status, phone_number: query['phone_number'] }];
    case 'GET /transfers':
      return ['list-transfers', id, { ...filters, status }];
    case 'GET /transactions':
      return ['list-transactions', id, { ...filters, status, type }];
    case 'GET /wallets/{currency}/releases':
      return ['releases', id, params['currency']?.toUpperCase()];
    case 'GET /admin/transactions': {
      const by = merchant === undefined ? status : { merchant, status };
      return ['all-transactions', by, { ...filters, type }];
    }
    case 'GET /credit-requests':
      return ['credit-requests', id];
    case 'GET /admin/credit-requests':
      return ['all-credit-requests', status ?? 'OPEN'];
    case 'GET /admin/merchants':
      return ['merchants', status, query['name']?.toLowerCase()];
    default:
      return [route, id];
  }
}

/** A cursor of this list at any position. Its digest is an unkeyed hash, so a client can make one. */
export const forgedCursor = (list: List, position: string): string =>
  String(cursorAt(JSON.stringify(nameOf(list)), position.toWellFormed() || '~'));

/** Whether a cursor that the API returned is of the list that this module would name. */
export const isNamedAlike = (list: List, cursor: string): boolean => {
  const position = Buffer.from(cursor.slice(16), 'base64url').toString('utf8');
  return forgedCursor(list, position) === cursor;
};

/** Positions that sort before, inside or behind every list, or that are no position at all. */
export const forgedPosition = fc.oneof(
  fc.constantFrom(
    '~',
    '~~',
    '~!',
    '\u007F',
    '\uFFFF',
    'ی',
    '!',
    ' ',
    '#',
    '#~',
    '0',
    '9',
    '\u0000',
  ),
  fc.constantFrom('2026', '2026-11-21T09:30:00.000Z#~', '2026-11-21T09:30:00.000Z#', '9999#A'),
  fc.constantFrom('x'.repeat(300), 'M#a', 'TXN#a', '{}', '[]', '2099-01-01T00:00:00.000Z#A~'),
  fc.string({ minLength: 1, maxLength: 20 }),
);
