import * as z from 'zod';
import type { LedgerContext } from '../context.ts';
import { allStatusKeys } from '../keys.ts';
import { getRows, queryRows } from '../table.ts';
import {
  needsAttention,
  type Status,
  type Transaction,
  type TransactionType,
  transactionRow,
} from '../transactions.ts';
import { newestInStatus } from './status-index.ts';

const candidate = z.object({
  pk: z.string(),
  sk: z.string(),
  byTime: z.string(),
  type: z.string(),
  currency: z.string(),
  reference: z.string().optional(),
});
type Candidate = z.infer<typeof candidate>;

/** One page reads no more rows than this; the next page goes on from there. */
const MOST_ROWS = 1_000;
const CHUNK = 100;

const positioned = transactionRow.and(z.object({ byTime: z.string() }));
/** Without a position where it has left the status after the index was read. */
const positionedInStatus = transactionRow.and(z.object({ statusAt: z.string().optional() }));

export type HistoryFilter = {
  readonly type?: TransactionType | undefined;
  readonly currency?: string | undefined;
  /** As its caller sent it (AP-8). */
  readonly reference?: string | undefined;
  /** A transfer's parties, by name or id. */
  readonly payer?: string | undefined;
  readonly payee?: string | undefined;
  /** ISO 8601 in UTC: from this instant on, and before that one. */
  readonly createdAfter?: string | undefined;
  readonly createdBefore?: string | undefined;
  /** What else has to hold, which may change: only the row says it. */
  readonly fits?: ((row: Transaction) => boolean) | undefined;
};
export type Page = { readonly before: string | undefined; readonly limit: number };

export type HistoryPage = {
  readonly transactions: readonly Transaction[];
  /** Where the next page begins; undefined at the end. */
  readonly last: string | undefined;
};

/** One subject's transactions, newest first. The index finds candidates; the rows say their status. */
export async function history(
  ledger: LedgerContext,
  pk: string,
  filter: HistoryFilter,
  { before, limit }: Page,
): Promise<HistoryPage> {
  const found: (Transaction & { readonly byTime: string })[] = [];
  let read = 0;
  let last: string | undefined;
  for await (const chunk of chunks(candidates(ledger, pk, filter, before))) {
    // Rows that the index already excludes are not fetched.
    const fitting = chunk.filter((each) => mayMatch(each, filter));
    const places = new Set(fitting.map(({ byTime }) => byTime));
    const rows = await getRows(ledger, fitting, positioned);
    // A proposal that was confirmed is no longer at its first place, although the index may still have both.
    found.push(...rows.filter((row) => places.delete(row.byTime) && matches(row, filter)));
    read += chunk.length;
    last = chunk.at(-1)?.byTime;
    if (found.length > limit)
      return { transactions: found.slice(0, limit), last: found[limit - 1]?.byTime };
    if (read >= MOST_ROWS) return { transactions: found, last };
  }
  return { transactions: found, last: undefined };
}

/** `wanted` is in lower case. */
const isParty = (wanted: string | undefined, ...names: readonly string[]): boolean =>
  wanted === undefined || names.some((name) => name.toLowerCase() === wanted);

/** Only a transfer has parties. */
const hasParties = (row: Transaction, { payer, payee }: HistoryFilter): boolean =>
  row.type === 'transfer'
    ? isParty(payer, row.merchantId, row.payerName) && isParty(payee, row.payeeId, row.payeeName)
    : payer === undefined && payee === undefined;

const isIn = (row: Transaction, currency: string | undefined): boolean =>
  currency === undefined ||
  row.currency === currency ||
  (row.type === 'conversion' && row.toCurrency === currency);

/** What never changes, so that an index knows it too. */
const mayMatch = (
  row: Pick<Candidate, 'type' | 'currency' | 'reference'>,
  { type, currency, reference }: HistoryFilter,
): boolean =>
  (type ?? row.type) === row.type &&
  // The index has one currency of a conversion, which is found by both.
  ((currency ?? row.currency) === row.currency || row.type === 'conversion') &&
  (reference ?? row.reference) === row.reference;

const matches = (row: Transaction, filter: HistoryFilter): boolean =>
  mayMatch(row, filter) &&
  hasParties(row, filter) &&
  isIn(row, filter.currency) &&
  (filter.createdAfter ?? row.createdAt) <= row.createdAt &&
  (filter.createdBefore === undefined || row.createdAt < filter.createdBefore) &&
  (filter.fits?.(row) ?? true);

/** A merchant's history is its own partition, and what others have paid to it. */
async function* candidates(
  ledger: LedgerContext,
  pk: string,
  filter: HistoryFilter,
  before: string | undefined,
): AsyncGenerator<Candidate> {
  const own = candidatesIn(ledger, 'byTime', 'pk', pk, filter, before);
  const received = candidatesIn(ledger, 'byRecipient', 'recipient', pk, filter, before);
  let [one, other] = await Promise.all([own.next(), received.next()]);
  while (!one.done || !other.done) {
    if (other.done || (!one.done && one.value.byTime > other.value.byTime)) {
      if (!one.done) yield one.value;
      one = await own.next();
    } else {
      yield other.value;
      other = await received.next();
    }
  }
}

async function* candidatesIn(
  ledger: LedgerContext,
  index: 'byTime' | 'byRecipient',
  key: 'pk' | 'recipient',
  pk: string,
  { createdAfter: from = '0', createdBefore }: HistoryFilter,
  before: string | undefined,
): AsyncGenerator<Candidate> {
  // An instant sorts before every key of that instant, and `~` behind all: the range includes its first
  // instant and not its last.
  const [upper = '~'] = [before, createdBefore].filter((each) => each !== undefined).toSorted();
  // DynamoDB refuses a range that ends before it begins.
  if (from > upper) return;
  const condition = {
    IndexName: index,
    KeyConditionExpression: `${key} = :pk AND byTime BETWEEN :from AND :upper`,
    ExpressionAttributeValues: { ':pk': pk, ':from': from, ':upper': upper },
    ScanIndexForward: false,
  };
  for await (const row of queryRows(ledger, condition, candidate)) {
    // BETWEEN includes its ends, and the last item of the page before is not part of this one.
    if (row.byTime !== before) yield row;
  }
}

async function* chunks<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item[]> {
  let chunk: Item[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length === CHUNK) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** Transactions of all merchants in a status that needs attention, newest first. */
export async function transactionsInStatus(
  ledger: LedgerContext,
  status: Status,
  filter: HistoryFilter,
  { before, limit }: Page,
): Promise<HistoryPage> {
  if (!needsAttention(status)) throw new Error(`${status} is not in the index`);
  const partitions = allStatusKeys('TXN', status);
  const found: Transaction[] = [];
  let position = before;
  for (let read = 0; read < MOST_ROWS; read += CHUNK) {
    const page = await newestInStatus(ledger, partitions, position, CHUNK);
    const rows = await getRows(ledger, page.keys, positionedInStatus);
    const fitting = rows.filter((row) => row.status === status && matches(row, filter));
    const room = limit - found.length;
    found.push(...fitting.slice(0, room));
    if (fitting.length > room)
      return { transactions: found, last: fitting[room - 1]?.statusAt ?? position };
    position = page.last;
    if (position === undefined) return { transactions: found, last: undefined };
  }
  return { transactions: found, last: position };
}
