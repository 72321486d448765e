import { PUBLIC_STATUSES, type Transaction } from '../../ledger/transactions.ts';

/** When it last entered each status, oldest first. Statuses that merchants do not see are left out. */
export const statusHistory = ({ at }: Pick<Transaction, 'at'>) =>
  PUBLIC_STATUSES.flatMap((status) => {
    const when = at[status];
    return when === undefined ? [] : [{ status, at: when }];
  }).toSorted((a, b) => (a.at < b.at ? -1 : 1));
