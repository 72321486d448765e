import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { LedgerContext } from '../../lambdas/ledger/context.ts';
import type { VirtualTime } from '../harness/contention/virtual-time.ts';

type Client = LedgerContext['dynamo'];
/** Of all transactions. */
const LOST = { requests: 0.03, answers: 0.06 };

/** Loses requests, and answers to transactions that are committed later. */
export const losing = (dynamo: Client, time: VirtualTime): Client => {
  const noAnswer = () => Object.assign(new Error('no answer in time'), { name: 'TimeoutError' });
  const send = async (command: Parameters<Client['send']>[0]): Promise<unknown> => {
    if (!(command instanceof TransactWriteCommand)) return dynamo.send(command);
    const chance = time.random();
    if (chance < LOST.requests) {
      await time.sleep(100);
      throw noAnswer();
    }
    if (chance > 1 - LOST.answers) {
      const sent = dynamo.send(command).catch(() => undefined);
      await Promise.race([sent, time.sleep(time.random() * 30)]);
      throw noAnswer();
    }
    return dynamo.send(command);
  };
  return { send } as unknown as Client;
};
