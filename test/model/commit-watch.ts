import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { LedgerContext } from '../../lambdas/ledger/context.ts';

type Client = LedgerContext['dynamo'];

/** How long one process is at the transactions of its request, with all repeats and the pauses between them. */
export class CommitWatch {
  readonly dynamo: Client;
  #first: number | undefined;
  #last = 0;

  constructor(dynamo: Client, now: () => number) {
    const send = async (command: Parameters<Client['send']>[0]): Promise<unknown> => {
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
}
