import * as z from 'zod';
import { listPage } from '../../http/list-page.ts';
import { type Operation, operation, type Route } from '../../http/operation.ts';
import { filterOf, inOrder, transactionQuery } from '../../http/transaction-query.ts';
import { merchantPk } from '../../ledger/keys.ts';
import type { Text } from '../../ledger/reasons.ts';
import { type HistoryFilter, history } from '../../ledger/rows/history.ts';
import { statusAt } from '../../ledger/shown-status.ts';
import {
  isShown,
  PUBLIC_STATUSES,
  publicStatus,
  type Transaction,
} from '../../ledger/transactions.ts';
import { transactionView } from './view.ts';

const query = z
  .strictObject({ ...transactionQuery, status: z.enum(PUBLIC_STATUSES).optional() })
  .superRefine(inOrder);

type ListOf<Path extends Route, More extends object> = {
  readonly name: string;
  readonly route: Path;
  readonly message: Text;
  /** Parameters beside those of every list. */
  readonly more: z.ZodType<More>;
  /** Which transactions are in the list, with those parameters. */
  readonly only: (more: More) => Pick<HistoryFilter, 'type' | 'fits'>;
};

/** A list of the caller's transactions, newest first, with the filters of every list (LE-2, AP-6, AP-8). */
export const listOf = <const Path extends Route, More extends object>({
  name,
  route,
  message,
  more,
  only,
}: ListOf<Path, More>): Operation<Path> =>
  operation({
    name,
    route,
    access: 'merchant',
    grants: [{ query: 'byTime' }, { query: 'byRecipient' }],
    input: () => z.object({ query: z.intersection(query, more) }),
    handle: ({ query: sent }, { id: callId, caller: { id } }, { ledger }) => {
      const { limit, cursor, ...filters } = sent;
      const { status } = filters;
      const list = [name, id, filters];
      return listPage({ callId, list, page: { limit, cursor }, message }, async (place) => {
        const { type, fits = () => true } = only(sent);
        const now = ledger.now();
        const hasStatus = (row: Transaction) =>
          isShown(row) && [undefined, publicStatus(statusAt(row, now))].includes(status);
        const filter = {
          ...filterOf(sent),
          type,
          fits: (row: Transaction) => hasStatus(row) && fits(row),
        };
        const found = await history(ledger, merchantPk(id), filter, place);
        const items = found.transactions.map((row) => transactionView(row, id, now));
        return { items, last: found.last };
      });
    },
  });
