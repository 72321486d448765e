import { setTimeout as pause } from 'node:timers/promises';
import pMap from 'p-map';
import { z } from 'zod';
import type { Running } from '../../local/running.ts';
import { signInAsAdmin } from '../../local/seed.ts';
import { session } from './caller.ts';
import { checkHistory, type Item } from './history.ts';
import type { FuzzMerchant, KnownValues } from './known-values.ts';
import { addTo, differences, read, readAll, units } from './read.ts';

type Cloud = Pick<Running, 'api' | 'bank' | 'operator'>;
type Totals = ReadonlyMap<string, bigint>;

/** The currencies that `fields.ts` names as valid, or as almost right. */
const CURRENCIES = ['USD', 'EUR', 'JPY', 'BTC', 'GBP', 'KWD', 'IRT'];
const CONCURRENCY = 4;

const pool = z.object({ available: units, lent: units });
const owing = z.object({ credit: z.array(z.object({ currency: z.string(), utilised: units })) });

async function readPools({ api }: Cloud): Promise<{ funds: Totals; lent: Totals }> {
  const token = await signInAsAdmin(api);
  const pools = await pMap(CURRENCIES, (currency) =>
    read(`${api}/admin/pools/${currency}`, pool, token),
  );
  const each = pools.map((found, n) => ({ currency: CURRENCIES[n] ?? '', ...found }));
  return {
    funds: new Map(each.map(({ currency, available, lent }) => [currency, available + lent])),
    lent: new Map(each.map(({ currency, lent }) => [currency, lent])),
  };
}

/** What is available and lent, by currency: the sum of all top-ups. */
export const poolTotals = async (cloud: Cloud): Promise<Totals> => (await readPools(cloud)).funds;

/** Utilised credit of all merchants, also of those that the run did not create. */
async function utilisedByAll({ api }: Cloud): Promise<Totals> {
  const token = await signInAsAdmin(api);
  const totals = new Map<string, bigint>();
  for (const { credit } of await readAll(`${api}/admin/merchants`, owing, token))
    for (const { currency, utilised } of credit) addTo(totals, currency, utilised);
  return totals;
}

/** A withdrawal that becomes due between two reads shows a difference that is none. */
const MOST_LOOKS = 5;

async function checkPools(cloud: Cloud, known: KnownValues, before: Totals) {
  const expected = new Map(before);
  for (const { currency, amount } of known.topUps()) addTo(expected, currency, units.parse(amount));
  for (let looks = 1; ; looks += 1) {
    const { funds, lent } = await readPools(cloud);
    const findings = [
      ...differences('pool, available and lent,', funds, expected),
      ...differences('pool, lent,', lent, await utilisedByAll(cloud)),
    ];
    if (findings.length === 0 || looks === MOST_LOOKS) return findings;
  }
}

type Open = FuzzMerchant & { readonly token: () => Promise<string> };

const SETTLED_WITHIN_MS = 150_000;
const POLL_MS = 500;
const some = z.object({ items: z.array(z.unknown()) });

/** Polls until no withdrawal or sale is on its way. Returns the merchants of those that still are. */
async function settled(api: string, merchants: readonly Open[]): Promise<readonly Open[]> {
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  let open = merchants;
  for (;;) {
    const counts = await pMap(
      open,
      async ({ token }) => {
        const lists = ['withdrawals', 'sales'].flatMap((name) =>
          ['PENDING', 'PROCESSING'].map((status) => `${api}/${name}?limit=1&status=${status}`),
        );
        const found = await pMap(lists, async (list) => read(list, some, await token()), {
          concurrency: 1,
        });
        return found.flatMap(({ items }) => items).length;
      },
      { concurrency: CONCURRENCY },
    );
    open = open.filter((_, n) => counts[n] !== 0);
    if (open.length === 0 || performance.now() > deadline) return open;
    await pause(POLL_MS);
  }
}

const payouts = z.array(
  z.object({ key: z.string(), amount: units, currency: z.string(), status: z.string() }),
);

/** Where a provider has not paid exactly what the history says of its transactions. */
async function checkProvider(
  {
    name,
    type: own,
    list,
  }: { readonly name: string; readonly type: string; readonly list: string },
  items: readonly Item[],
): Promise<readonly string[]> {
  const response = await fetch(list);
  const paid = new Map(payouts.parse(await response.json()).map((each) => [each.key, each]));
  return items.flatMap(({ id, type, status, amount, currency }) => {
    const payout = paid.get(id);
    const isPaid = payout?.status === 'SUCCEEDED';
    if (type !== own || status === 'PENDING' || status === 'PROCESSING') return [];
    if (status !== 'SUCCEEDED') return isPaid ? [`the ${name} paid ${id}, which is ${status}`] : [];
    const isExact = isPaid && payout.amount === amount && payout.currency === currency;
    if (isExact) return [];
    return [`the ${name} did not pay ${id} exactly: ${JSON.stringify(payout?.status)}`];
  });
}

const checkProviders = async ({ bank, operator }: Cloud, items: readonly Item[]) => [
  ...(await checkProvider({ name: 'bank', type: 'withdrawal', list: `${bank}/payouts` }, items)),
  ...(await checkProvider({ name: 'operator', type: 'sale', list: `${operator}/charges` }, items)),
];

/**
 * After the last request: what each merchant holds and owes is what its history says, pools hold what was
 * paid into them, and bank and operator have paid what succeeded.
 */
export async function checkMoney(
  cloud: Cloud,
  known: KnownValues,
  before: Totals,
  report: (line: string) => void,
): Promise<readonly string[]> {
  const { api } = cloud;
  const merchants = known
    .merchants()
    .map((merchant) => ({ ...merchant, token: session(api, merchant) }));
  const open = await settled(api, merchants);
  const checked = await pMap(
    merchants,
    async (merchant) => checkHistory(api, merchant, await merchant.token()),
    { concurrency: CONCURRENCY },
  );
  const items = checked.flatMap((each) => each.items);
  report(`${merchants.length} merchants with ${items.length} transactions checked`);
  return [
    // The payout of a merchant that was suspended for a time is tried again every 15 minutes.
    ...open
      .filter(({ isStable }) => isStable)
      .map(({ username }) => `a withdrawal of ${username} is not settled`),
    ...checked.flatMap((each) => each.findings),
    ...(await checkPools(cloud, known, before)),
    ...(await checkProviders(cloud, items)),
  ];
}
