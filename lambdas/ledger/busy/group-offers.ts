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
  readonly #paying = new Map<Currency, Pick<PoolShare, 'shard' | 'conflicts'>>();
  readonly #drawn = new Map<Currency, bigint>();
  #asked: { readonly currency: Currency; readonly amount: MinorUnits }[] = [];

  readonly offer = (currency: Currency, amount: MinorUnits): PoolOffer => {
    this.#asked.push({ currency, amount });
    const { shard } = this.#paying.get(currency) ?? { shard: ANY_SHARD };
    return { kind: 'shares', shares: [{ shard, amount }] };
  };

  /** What is asked for from here on is drawn by the next request, if that is accepted. */
  beginRequest(): void {
    this.#asked = [];
  }

  /** The current request is accepted. @returns the currencies of the pools that it draws on. */
  draw(): readonly Currency[] {
    for (const { currency, amount } of this.#asked)
      this.#drawn.set(currency, (this.#drawn.get(currency) ?? 0n) + amount);
    return this.#asked.map(({ currency }) => currency);
  }

  get areDrawn(): boolean {
    return this.#drawn.size > 0;
  }

  /**
   * Asks each pool for the sum.
   * @returns the currencies in which no single row pays all of it: their debits are decided one by one.
   */
  async ask(ledger: LedgerContext): Promise<ReadonlySet<Currency>> {
    const unpaid = new Set<Currency>();
    for (const [currency, sum] of this.#drawn) {
      const offer = await offerOf(ledger, currency, minor(sum), async () => true);
      await closeSmall(ledger, offer);
      const [share, ...others] = offer.kind === 'shares' ? offer.shares : [];
      if (share === undefined || others.length > 0) unpaid.add(currency);
      else this.#paying.set(currency, share);
    }
    this.#drawn.clear();
    return unpaid;
  }
}
