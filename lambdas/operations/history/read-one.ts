import * as z from 'zod';
import { byId, nothing } from '../../http/fields.ts';
import { type Operation, operation, type Route } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { merchantPk } from '../../ledger/keys.ts';
import type { PlainReason, Text } from '../../ledger/reasons.ts';
import { readTransaction } from '../../ledger/rows/transactions.ts';
import type { TransactionType } from '../../ledger/transactions.ts';
import { transactionView } from './view.ts';

type OneOf<Path extends Route> = {
  readonly name: string;
  readonly route: Path;
  readonly type: TransactionType;
  readonly notFound: PlainReason;
  readonly message: Text;
};

/** One of the caller's own transactions of a type. Another merchant's is not found, never forbidden. */
export const oneOf = <const Path extends Route>({
  name,
  route,
  type,
  notFound,
  message,
}: OneOf<Path>): Operation<Path> =>
  operation({
    name,
    route,
    access: 'merchant',
    input: () => z.object({ params: byId, query: nothing }),
    handle: async ({ params }, { id: callId, caller: { id } }, { ledger }) => {
      const row = await readTransaction(ledger, merchantPk(id), params.id);
      if (row?.type !== type) return failure(notFound, callId);
      return success({ status: 200, message, data: transactionView(row, id, ledger.now()) });
    },
  });
