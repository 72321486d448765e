import type { LedgerContext } from '../context.ts';
import { type Currency, type MinorUnits, minor } from '../money.ts';
import { ANY_SHARD, type PoolOffer, type PoolShare } from '../pool/pool.ts';
import { closeSmall } from '../pool/rebalance.ts';
import { offerOf } from '../rows/pool.ts';

/**
 * What the credit pools offer to one group. The requests are decided as if a pool could pay. Then it is asked once
 * for the sum that they draw, and they are decided again on the row that pays (design, section 5).
 */
export class GroupOffers {
  /** The row that pays, once it is known. */
  readonly #paying = new Map<Currency, PoolShare>();
  /** Asked for while rows are read: as much as the requests may draw. */
  readonly #ahead = new Map<Currency, Promise<PoolOffer>>();
  readonly #drawn = new Map<Currency, bigint>();
  #asked: Asked[] = [];

  readonly offer = (currency: Currency, amount: MinorUnits): PoolOffer => {
    this.#asked.push({ currency, amount });
    const { shard, conflicts } = this.#paying.get(currency) ?? { shard: ANY_SHARD };
    // The conflicts that were met on the row go with the first share.
    if (conflicts !== undefined) this.#paying.set(currency, { shard, amount });
    return {
      kind: 'shares',
      shares: [{ shard, amount, ...(conflicts !== undefined && { conflicts }) }],
    };
  };

  /** What is asked for from here on is drawn by the next request, if that is accepted. */
  beginRequest(): void {
    this.#asked = [];
  }

  /** Looks at one row of each pool that was asked for so far, beside the reads of the requests. */
  askAhead(ledger: LedgerContext): void {
    for (const [currency, sum] of sumsOf(this.#asked)) {
      // Nobody knows yet whether a request is accepted: no other row is read, and no money moves within the pool.
      const offer = offerOf(ledger, currency, minor(sum), async () => false);
      // It is awaited later, or never.
      offer.catch(() => undefined);
      this.#ahead.set(currency, offer);
    }
  }

  /** The current request is accepted. @returns the currencies of the pools that it draws on. */
  draw(): readonly Currency[] {
    for (const { currency, amount } of this.#asked)
      if (!this.#paying.has(currency))
        this.#drawn.set(currency, (this.#drawn.get(currency) ?? 0n) + amount);
    return this.#asked.map(({ currency }) => currency);
  }

  /** Whether accepted requests draw on a pool without a row that pays. */
  get areOpen(): boolean {
    return this.#drawn.size > 0;
  }

  /**
   * Finds the row of each pool that pays the sum of what is drawn.
   * @returns the currencies in which no single row does: their debits are decided one by one.
   */
  async ask(ledger: LedgerContext): Promise<ReadonlySet<Currency>> {
    const unpaid = new Set<Currency>();
    for (const [currency, sum] of this.#drawn) {
      const ahead = await this.#ahead.get(currency)?.catch(() => undefined);
      const share = singleOf(ahead) ?? singleOf(await askOne(ledger, currency, sum));
      if (share === undefined) unpaid.add(currency);
      else this.#paying.set(currency, share);
    }
    this.#drawn.clear();
    return unpaid;
  }
}

type Asked = { readonly currency: Currency; readonly amount: MinorUnits };

function sumsOf(asked: readonly Asked[]): ReadonlyMap<Currency, bigint> {
  const sums = new Map<Currency, bigint>();
  for (const { currency, amount } of asked) sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  return sums;
}

async function askOne(ledger: LedgerContext, currency: Currency, sum: bigint): Promise<PoolOffer> {
  const offer = await offerOf(ledger, currency, minor(sum), async () => true);
  await closeSmall(ledger, offer);
  return offer;
}

/** The share, where one row pays. */
function singleOf(offer: PoolOffer | undefined): PoolShare | undefined {
  const [share, ...others] = offer?.kind === 'shares' ? offer.shares : [];
  return others.length === 0 ? share : undefined;
}
