import type * as z from 'zod';
import type { LedgerContext } from '../context.ts';
import { ownKey } from '../keys.ts';
import type { OwnRows } from '../row-writes.ts';
import { getRow } from '../table.ts';

/** A strong read of one row of an operation's own. Another merchant's is not found. */
export const readOwn = <Schema extends z.ZodType>(
  ledger: LedgerContext,
  merchantId: string,
  of: OwnRows,
  id: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> => getRow(ledger, ownKey(merchantId, of, id), schema);
