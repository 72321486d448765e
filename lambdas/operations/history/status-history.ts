import { publicStatus, STATUSES, type Transaction } from '../../ledger/transactions.ts';

/** When it last entered each status, oldest first. Statuses that merchants do not see are left out. */
export const statusHistory = ({ at }: Pick<Transaction, 'at'>) =>
  STATUSES.flatMap((status) => {
    const when = at[status];
    return when === undefined || publicStatus(status) !== status ? [] : [{ status, at: when }];
  }).toSorted((a, b) => (a.at < b.at ? -1 : 1));
