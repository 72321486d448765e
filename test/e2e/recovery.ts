import { randomUUID } from 'node:crypto';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from '@jest/globals';
import { adminToken, eventually, newMerchant, payouts, send, statusOf } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';
import { asRoot, makeDue, sweepNow } from '../harness/root-access.ts';

it('WD-7 WD-8: a withdrawal whose message was lost is found by the sweep and paid once', async () => {
  const topUp = { token: await adminToken(), key: randomUUID(), body: { amount: '100.00' } };
  await send('/admin/pools/USD/topups', topUp);
  const account = `E2E-${randomUUID().slice(0, 8)}-503`;
  const merchant = await newMerchant(account);
  const { token } = merchant;
  const order = { token, key: 'w', body: { amount: '10.00' } };
  const { id } = (await send('/withdrawals', order)).body.data;
  // The bank said 503: a doubt, which its message would take up again after 20 s. It will not.
  await eventually(
    () => statusOf(token, id),
    (status) => status === 'PROCESSING',
  );
  await new SQSClient(asRoot()).send(
    new PurgeQueueCommand({ QueueUrl: localCloud().outputs.SettlementQueueUrl }),
  );
  // The quiet period of the local stage is 5 s; what is due by then is long past.
  const found = await eventually(
    async () => {
      await makeDue(merchant.id, id).catch(() => undefined);
      await sweepNow();
      return statusOf(token, id);
    },
    (status) => status === 'SUCCEEDED',
    15,
  );
  expect(found).toBe('SUCCEEDED');
  expect(await payouts(account)).toMatchObject([{ key: id, status: 'SUCCEEDED' }]);
}, 60_000);
