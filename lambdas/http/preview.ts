import type { Books } from '../ledger/context.ts';
import type { Draft } from '../ledger/transactions.ts';
import { untilDecided } from '../platform/retry.ts';
import type { Acceptance, MoneyOperation } from './operation.ts';
import { type Answer, failure, type Success, success } from './response.ts';
import type { Call } from './router.ts';

/**
 * What an operation would do now, by its own read and its own decision. Nothing is written and nothing is
 * remembered: asked again, it may be otherwise.
 */
export const dryRun =
  ({ now }: Pick<Books, 'now'>) =>
  <Input, Facts, Accepted extends Acceptance>(
    operation: MoneyOperation<Input, Facts, Accepted>,
    show: (draft: Draft) => Success,
  ) =>
  async (input: Input, call: Call): Promise<Answer> => {
    const decision = await untilDecided(async () => {
      const at = now();
      return operation.decide(await operation.read(input, call, at), input, at);
    });
    switch (decision.kind) {
      case 'undecided':
        return failure('busy', call.id);
      case 'refused':
        return failure(decision.reason, call.id);
      case 'accepted':
        return success(show(decision.transaction));
    }
  };
