import { randomUUID } from 'node:crypto';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from '@jest/globals';
import { adminToken, eventually, newMerchant, payouts, send, statusOf } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';
import { asRoot, makeOverdue, recoverNow } from '../harness/root-access.ts';

it('WD-7 WD-8: recovery finds a withdrawal whose message was lost, and it is paid once', async () => {
  const topUp = { token: await adminToken(), key: randomUUID(), body: { amount: '100.00' } };
  await send('/admin/pools/USD/topups', topUp);
  const account = `E2E-${randomUUID().slice(0, 8)}-503`;
  const merchant = await newMerchant(account);
  const { token } = merchant;
  const order = { token, key: 'w', body: { amount: '10.00' } };
  const { id } = (await send('/withdrawals', order)).body.data;
  // The bank responded 503, which is unclear. SQS would deliver the message again after 20 s, but
  // the queue is purged first.
  await eventually(
    () => statusOf(token, id),
    (status) => status === 'PROCESSING',
  );
  await new SQSClient(asRoot()).send(
    new PurgeQueueCommand({ QueueUrl: localCloud().outputs.PayoutQueueUrl }),
  );
  // The quiet period of the local stage is 5 s. Recovery runs until the inquiry counts.
  const found = await eventually(
    async () => {
      await makeOverdue(merchant.id, id).catch(() => undefined);
      await recoverNow();
      return statusOf(token, id);
    },
    (status) => status === 'SUCCEEDED',
    15,
  );
  expect(found).toBe('SUCCEEDED');
  expect(await payouts(account)).toMatchObject([{ key: id, status: 'SUCCEEDED' }]);
}, 60_000);
