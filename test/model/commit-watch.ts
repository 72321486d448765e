import { BatchGetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { LedgerContext } from '../../lambdas/ledger/context.ts';
import { merchantKey } from '../../lambdas/ledger/keys.ts';

type Client = LedgerContext['dynamo'];

/** When one process was at the transactions of its request, with all repeats, and when its last try began. */
export class CommitWatch {
  readonly dynamo: Client;
  #first: number | undefined;
  #last = 0;
  #tryAt = 0;

  constructor(dynamo: Client, now: () => number) {
    const send = async (command: Parameters<Client['send']>[0]): Promise<unknown> => {
      if (command instanceof BatchGetCommand && readsMerchant(command)) this.#tryAt = now();
      if (!(command instanceof TransactWriteCommand)) return dynamo.send(command);
      this.#first ??= now();
      try {
        return await dynamo.send(command);
      } finally {
        this.#last = now();
      }
    };
    this.dynamo = { send } as unknown as Client;
  }

  begin(): void {
    this.#first = undefined;
  }

  get ms(): number {
    return this.#first === undefined ? 0 : this.#last - this.#first;
  }

  /** Nothing that was read before it decided anything: each try reads its merchant with all the rest. */
  get tryAt(): number {
    return this.#tryAt;
  }
}

const { sk } = merchantKey('');
const readsMerchant = ({ input: { RequestItems = {} } }: BatchGetCommand): boolean =>
  Object.values(RequestItems).some(({ Keys = [] }) => Keys.some((key) => key['sk'] === sk));
