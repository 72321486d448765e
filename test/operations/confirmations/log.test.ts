import '../../harness/enable-logs.ts';
import { expect, it } from '@jest/globals';
import { linesOf } from '../../harness/log-lines.ts';
import { startAdmins } from './setup.ts';

it('LE-5: proposals and confirmations have log lines of their own, with the admin', async () => {
  let txnId = '';
  const lines = await linesOf(async () => {
    const { harness, proposed, confirm } = await startAdmins();
    txnId = await proposed(await harness.merchant('10.00'));
    await confirm(txnId);
    harness.close();
  });
  const money = lines.filter(({ kind, txn }) => kind === 'money' && txn === txnId);
  expect(money).toMatchObject([
    { message: 'TRANSACTION_PROPOSED', operation: 'deposit', txn: txnId, admin: 'alice' },
    { message: 'PROPOSAL_CONFIRMED', operation: 'deposit', txn: txnId, admin: 'bob' },
  ]);
});
