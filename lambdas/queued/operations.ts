import { convert } from '../operations/conversions/convert.ts';
import { createRepayment } from '../operations/credit/create-repayment.ts';
import { recordRepayment } from '../operations/credit-decisions/record-repayment.ts';
import { createDeposit } from '../operations/deposits/create-deposit.ts';
import { reverseTransaction } from '../operations/reversals/reverse-transaction.ts';
import { createSale } from '../operations/sales/create-sale.ts';
import { createTransfer } from '../operations/transfers/create-transfer.ts';
import { createWithdrawal } from '../operations/withdrawals/create-withdrawal.ts';

/** Every operation that hands over (a test compares). Not derived: the bundle would hold the whole API. */
export const QUEUED = [
  createWithdrawal,
  createSale,
  createTransfer,
  createDeposit,
  createRepayment,
  recordRepayment,
  convert,
  reverseTransaction,
] as const;
