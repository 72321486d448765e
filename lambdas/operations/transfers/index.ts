import type { Group } from '../../http/operation.ts';
import { createTransfer } from './create-transfer.ts';
import { listTransfers } from './list-transfers.ts';

export const transfers = {
  name: 'transfers',
  impact: 'Merchants cannot transfer or see their transfers.',
  operations: [createTransfer, listTransfers],
} satisfies Group;
