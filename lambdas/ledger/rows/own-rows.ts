import type * as z from 'zod';
import type { LedgerContext } from '../context.ts';
import { merchantPk, ownKey } from '../keys.ts';
import type { OwnRows } from '../row-writes.ts';
import { firstRows, getRow } from '../table.ts';

/** A strong read of one row of an operation's own. Another merchant's is not found. */
export const readOwn = <Schema extends z.ZodType>(
  ledger: LedgerContext,
  merchantId: string,
  of: OwnRows,
  id: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> => getRow(ledger, ownKey(merchantId, of, id), schema);

/** After every id of the same length that is smaller. BETWEEN includes its ends. */
const justBefore = (id: string): string =>
  `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}~`;

/**
 * A merchant's rows of an operation's own, read strongly, by falling id: newest first where ids begin with their
 * time. At most `most`, from before an id.
 */
export const listOwn = <Schema extends z.ZodType>(
  ledger: LedgerContext,
  merchantId: string,
  of: OwnRows,
  schema: Schema,
  { before, most }: { readonly before?: string | undefined; readonly most: number },
): Promise<z.output<Schema>[]> => {
  const condition = {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: {
      ':pk': merchantPk(merchantId),
      ':first': ownKey(merchantId, of, '').sk,
      ':last': ownKey(merchantId, of, before === undefined ? '~' : justBefore(before)).sk,
    },
    ScanIndexForward: false,
    ConsistentRead: true,
  };
  return firstRows(ledger, condition, schema, most);
};
