import type { Group } from '../../http/operation.ts';
import { approveCreditRequest } from '../credit-decisions/decide-request.ts';
import { recordRepayment } from '../credit-decisions/record-repayment.ts';
import { setLimit } from '../credit-decisions/set-limit.ts';
import { createDeposit } from '../deposits/create-deposit.ts';
import { approveMerchant } from '../merchants/approve.ts';
import { topUpPool } from '../pools/top-up-pool.ts';
import { reverseTransaction } from '../reversals/reverse-transaction.ts';
import { confirmTransaction } from './confirm.ts';

/** Every operation that proposes (a test compares). Not derived: the bundle would hold the whole API. */
export const PROPOSING = [
  createDeposit,
  recordRepayment,
  approveMerchant,
  setLimit,
  approveCreditRequest,
  topUpPool,
  reverseTransaction,
] as const;

export const confirmations = {
  name: 'confirmations',
  impact:
    'No second admin can confirm large deposits, repayments, top-ups, approvals, credit limits or reversals. They stay proposed.',
  operations: [confirmTransaction(PROPOSING)],
} satisfies Group;
