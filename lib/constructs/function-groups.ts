import { Construct } from 'constructs';
import { authEnv, meEnv, moneyEnv, opsEnv } from '../../lambdas/platform/env.ts';
import type { DataStack } from '../data-stack.ts';
import type { Stage } from '../stage-schema.ts';
import type { FamilyFunctions } from './http-routes.ts';
import { SuretyFunction } from './surety-function.ts';
import { mayCommit, mayFold, mayReadLedger, mayStoreAnswers } from './table-access.ts';

export type ApiFamiliesProps = { readonly stage: Stage; readonly data: DataStack };

/** One function for each family of routes, each with a role that can do what its routes need. */
export class ApiFamilies extends Construct {
  readonly functions: FamilyFunctions;
  readonly #stage: Stage;
  readonly #data: DataStack;

  constructor(scope: Construct, id: string, { stage, data }: ApiFamiliesProps) {
    super(scope, id);
    this.#stage = stage;
    this.#data = data;
    this.functions = {
      auth: this.#auth(),
      me: this.#me(),
      withdrawals: this.#spender(
        'withdrawals',
        'Merchants cannot withdraw or see their withdrawals; those already accepted still settle.',
      ),
      transfers: this.#spender('transfers', 'Merchants cannot transfer, nor see their transfers.'),
      wallets: this.#money(
        'wallets',
        'Merchants cannot see their wallets, and admins cannot deposit into them.',
      ),
      merchants: this.#money('merchants', 'Admins cannot approve, suspend or look up merchants.'),
      pools: this.#money(
        'pools',
        'Admins cannot fund credit pools or read what they hold; withdrawals on credit go on.',
      ),
      history: this.#reader('history', 'Nobody can look up what happened; money moves on.'),
      health: this.#reader('health', 'Health checks fail although merchants may be served well.'),
    };
  }

  #auth(): SuretyFunction<typeof authEnv> {
    const auth = new SuretyFunction(this, 'Auth', {
      stage: this.#stage,
      name: 'auth',
      env: authEnv,
      environment: {
        LEDGER_TABLE: this.#data.ledger.tableName,
        DEFAULT_CURRENCY: this.#stage.defaultCurrency,
        DEFAULT_TIME_ZONE: this.#stage.defaultTimeZone,
        USER_POOL_CLIENT_ID: this.#data.users.client.userPoolClientId,
      },
      impact: 'Nobody can register or sign in; merchants with a valid token are not affected.',
    });
    // No right to Cognito: SignUp and InitiateAuth of a client without a secret need none.
    mayReadLedger(auth, this.#data.ledger);
    mayCommit(auth, this.#data.ledger);
    return auth;
  }

  #me(): SuretyFunction<typeof meEnv> {
    const me = new SuretyFunction(this, 'Me', {
      stage: this.#stage,
      name: 'me',
      env: meEnv,
      environment: {
        LEDGER_TABLE: this.#data.ledger.tableName,
        DEFAULT_CURRENCY: this.#stage.defaultCurrency,
      },
      impact: 'Merchants cannot see their status, wallets and credit; withdrawals go on.',
    });
    mayReadLedger(me, this.#data.ledger);
    return me;
  }

  /** A family that needs nothing but to read the Ledger. */
  #reader(name: 'health' | 'history', impact: string): SuretyFunction<typeof opsEnv> {
    const reader = new SuretyFunction(this, name, {
      stage: this.#stage,
      name,
      env: opsEnv,
      environment: { LEDGER_TABLE: this.#data.ledger.tableName },
      impact,
    });
    mayReadLedger(reader, this.#data.ledger);
    return reader;
  }

  /** A family that debits wallets, and folds the matured tranches that a debit needs. */
  #spender(name: 'withdrawals' | 'transfers', impact: string) {
    const family = this.#money(name, impact);
    mayFold(family, this.#data.ledger);
    return family;
  }

  /** A family that moves money or a limit: the answer is stored in the transaction that did it. */
  #money(name: 'withdrawals' | 'transfers' | 'wallets' | 'merchants' | 'pools', impact: string) {
    const { ledger, idempotency } = this.#data;
    const family = new SuretyFunction(this, name, {
      stage: this.#stage,
      name,
      env: moneyEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        IDEMPOTENCY_TABLE: idempotency.tableName,
        DEFAULT_CURRENCY: this.#stage.defaultCurrency,
      },
      impact,
    });
    mayReadLedger(family, ledger);
    mayCommit(family, ledger);
    mayStoreAnswers(family, idempotency);
    return family;
  }
}
