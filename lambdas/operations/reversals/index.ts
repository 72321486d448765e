import type { Group } from '../../http/operation.ts';
import { reverseTransaction } from './reverse-transaction.ts';

export const reversals = {
  name: 'reversals',
  impact: 'Admins cannot take back deposits and top-ups. Merchants are not affected otherwise.',
  operations: [reverseTransaction],
} satisfies Group;
