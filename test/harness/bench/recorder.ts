import { AsyncLocalStorage } from 'node:async_hooks';
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  type DynamoDBDocumentClient,
  GetCommand,
  type GetCommandInput,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';

type Sent = { readonly name: string; readonly input: object };
/** The commands of one request, and what DynamoDB says they cost. */
export type Recording = { readonly sent: Sent[]; units: Units };
export type Units = { readonly read: number; readonly write: number; readonly index: number };

const NO_UNITS: Units = { read: 0, write: 0, index: 0 };
const requests = new AsyncLocalStorage<Recording>();

type Capacity = {
  readonly CapacityUnits?: number;
  readonly Table?: { readonly CapacityUnits?: number };
  readonly GlobalSecondaryIndexes?: Record<string, { readonly CapacityUnits?: number }>;
};

function unitsOf(name: string, capacities: readonly Capacity[]): Units {
  const table = sum(capacities.map(({ Table }) => Table?.CapacityUnits ?? 0));
  const index = sum(
    capacities.flatMap(({ GlobalSecondaryIndexes = {} }) =>
      Object.values(GlobalSecondaryIndexes).map(({ CapacityUnits = 0 }) => CapacityUnits),
    ),
  );
  return name === 'TransactWriteItemsCommand'
    ? { read: 0, write: table, index }
    : { read: table + index, write: 0, index: 0 };
}

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, each) => total + each, 0);
export const addUnits = (a: Units, b: Units): Units => ({
  read: a.read + b.read,
  write: a.write + b.write,
  index: a.index + b.index,
});

/** Runs one request and returns what it sent. */
export async function recorded(run: () => Promise<unknown>): Promise<Recording> {
  const recording: Recording = { sent: [], units: NO_UNITS };
  await requests.run(recording, run);
  return recording;
}

/** Records every command of a client into the recording of its request. */
export function recordCommands(client: Pick<DynamoDBDocumentClient, 'middlewareStack'>): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const recording = requests.getStore();
      if (recording === undefined) return next(args);
      const name = String(context['commandName']);
      const input = { ...args.input, ReturnConsumedCapacity: 'INDEXES' };
      recording.sent.push({ name, input });
      const result = await next({ ...args, input: input as typeof args.input });
      const { ConsumedCapacity: consumed } = result.output as {
        ConsumedCapacity?: Capacity | Capacity[];
      };
      recording.units = addUnits(recording.units, unitsOf(name, [consumed ?? []].flat()));
      return result;
    },
    { step: 'initialize', name: 'recordCommands', priority: 'low' },
  );
}

/** Sends a recorded request again, without the code that made it: reads together, then writes. */
export async function replay(client: DynamoDBDocumentClient, { sent }: Recording): Promise<void> {
  const isWrite = ({ name }: Sent): boolean => name === 'TransactWriteItemsCommand';
  await Promise.all(sent.filter((each) => !isWrite(each)).map((each) => resend(client, each)));
  for (const each of sent.filter(isWrite)) await resend(client, each);
}

function resend(client: DynamoDBDocumentClient, { name, input }: Sent): Promise<unknown> {
  switch (name) {
    case 'TransactWriteItemsCommand':
      return client.send(new TransactWriteCommand(input as TransactWriteCommandInput));
    case 'BatchGetItemCommand':
      return client.send(new BatchGetCommand(input as BatchGetCommandInput));
    case 'GetItemCommand':
      return client.send(new GetCommand(input as GetCommandInput));
    case 'QueryCommand':
      return client.send(new QueryCommand(input as QueryCommandInput));
    default:
      throw new Error(`cannot replay ${name}`);
  }
}
