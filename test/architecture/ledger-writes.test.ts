import { describe, expect, it } from '@jest/globals';
import { BALANCE_ACCOUNTS } from '../../lambdas/ledger/accounts.ts';
import { LABELS } from '../../lambdas/ledger/row-writes.ts';
import {
  filesOf,
  type Node,
  nameOf,
  nodesIn,
  offenders,
  parseSource,
  propertiesOf,
  type Source,
  sourcesUnder,
  textOf,
  using,
} from './sources.ts';

const lambdas = sourcesUnder('lambdas');
const sample = (text: string): readonly Source[] => [parseSource('x.ts', text)];

const BALANCES: ReadonlySet<string> = new Set(
  Object.values(BALANCE_ACCOUNTS).map(({ attribute }) => attribute),
);
/** A balance, also as the last part of a path such as `wallet.available`. */
const isBalance = (name: string): boolean => BALANCES.has(name.split('.').at(-1) ?? name);

/** The parts of a `Change` or a `RowWrite` that write attributes. */
const WRITING = new Set(['put', 'set', 'add', 'append', 'item', 'Item', 'remove']);

/** Changes and row writes that name a balance. */
const balanceWrites = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap(({ path, runtimeNodes }) =>
    runtimeNodes
      .flatMap(propertiesOf)
      .filter(({ key }) => WRITING.has(key))
      .flatMap(({ value }) => nodesIn(value))
      .flatMap((node) => [...propertiesOf(node).map(({ key }) => key), ...textOf(node)])
      .filter(isBalance)
      .map((name) => `${path}: ${name}`),
  );

/** Object literals with a balance: values that a change could spread into a write. */
const balanceObjects = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap(({ path, runtimeNodes }) =>
    runtimeNodes
      .flatMap(propertiesOf)
      .filter(({ key }) => isBalance(key))
      .map(({ key }) => `${path}: ${key}`),
  );

/** Texts that name a balance: a path, a computed key, or a key of a map. */
const balanceTexts = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap(({ path, runtimeNodes }) =>
    runtimeNodes
      .flatMap(textOf)
      .filter((text) => BALANCES.has(text))
      .map((text) => `${path}: ${text}`),
  );

const assignsBalance = ({ type, left, argument }: Node): string | undefined => {
  const target = type === 'AssignmentExpression' ? left : argument;
  if (type !== 'AssignmentExpression' && type !== 'UpdateExpression') return undefined;
  const name = nameOf(target);
  return name.includes('.') && isBalance(name) ? name : undefined;
};

/** Object literals that are row writes, by their action. */
const rowWrites = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap(({ path, runtimeNodes }) =>
    runtimeNodes
      .flatMap(propertiesOf)
      .filter(({ key }) => key === 'action')
      .map(() => `${path}: action`),
  );

describe('balances change by postings alone', () => {
  it('the balances are those of the accounts table', () => {
    expect([...BALANCES].toSorted()).toEqual(['available', 'lent', 'pending', 'utilised']);
  });

  it('no change names a balance', () => {
    expect(balanceWrites(lambdas)).toEqual([]);
  });

  it.each([
    'const change = { row, conditions: [], set: { available: 5n } };',
    "const change = { add: { 'pending': 5n } };",
    'const change = { put: { currency, utilised } };',
    "const change = { set: { ...rest, ...(isOpen && { ['lent']: 5n }) } };",
    'const change = { add: { [`wallet.available`]: 5n } };',
    "const change = { remove: ['available'] };",
    'const write = { action, item: { available: 0n } };',
    "const change = { set: Object.fromEntries([['available', 5n]]) };",
  ])('it would be found in: %s', (text) => {
    expect(filesOf(balanceWrites(sample(text)))).toEqual(['x.ts']);
  });

  it('object literals with a balance are row schemas, views and sums for display', () => {
    expect(filesOf(balanceObjects(lambdas))).toEqual([
      // The accounts table, by the names of its accounts.
      'lambdas/ledger/accounts.ts',
      // The schemas of the rows.
      'lambdas/ledger/balances.ts',
      // What a wallet holds at an instant: read, never written.
      'lambdas/ledger/pending-releases.ts',
      'lambdas/ledger/pool/pool.ts',
      // Messages about an available or a pending deposit.
      'lambdas/operations/deposits/create-deposit.ts',
      'lambdas/operations/merchants/view.ts',
      'lambdas/operations/pools/view.ts',
      'lambdas/operations/wallets/view.ts',
      // The image of a root in the stream.
      'lambdas/payouts/relay.ts',
    ]);
    expect(balanceObjects(sample('const values = { available: 5n };'))).not.toEqual([]);
  });

  it('the name of a balance is spelled where accounts and rows are defined, nowhere else', () => {
    expect(filesOf(balanceTexts(lambdas))).toEqual([
      'lambdas/ledger/accounts.ts',
      'lambdas/ledger/balances.ts',
      // What a commit has changed, as this process remembers it.
      'lambdas/ledger/pool/hints.ts',
      // Conditions: a shard closes with exactly what was read.
      'lambdas/ledger/pool/moves.ts',
    ]);
    expect(balanceTexts(sample("draft.add.set('available', 5n);"))).not.toEqual([]);
    expect(balanceTexts(sample("type Shown = Pick<Wallet, 'available'>;"))).toEqual([]);
  });

  it('no balance is assigned in place', () => {
    expect(offenders(lambdas, assignsBalance)).toEqual([]);
    for (const text of ['wallet.available += 5n;', 'pool.lent = 0n;', 'line.utilised++;']) {
      expect(offenders(sample(text), assignsBalance)).toHaveLength(1);
    }
  });

  /** The kinds of rows that a module spells. */
  const kindsIn = (file: string): readonly string[] => {
    const [source] = lambdas.filter(({ path }) => path === file);
    return (source?.runtimeNodes ?? [])
      .flatMap(propertiesOf)
      .filter(({ key }) => key === 'kind')
      .flatMap(({ value }) => textOf(value));
  };

  it('row writes are made by post, and by the store of responses; those of a group are merged from them', () => {
    expect(filesOf(rowWrites(lambdas))).toEqual([
      'lambdas/ledger/busy/merged-row.ts',
      'lambdas/ledger/post.ts',
      'lambdas/ledger/responses.ts',
    ]);
    expect(kindsIn('lambdas/ledger/responses.ts')).toEqual(['response']);
    // It makes no row and no amount: its rows, conditions and sums are those of the writes that it is given.
    expect(kindsIn('lambdas/ledger/busy/merged-row.ts')).toEqual([]);
    const merging = lambdas.filter(({ nodes }) =>
      nodes.some(({ type, callee }) => type === 'NewExpression' && nameOf(callee) === 'MergedRow'),
    );
    expect(merging.map(({ path }) => path)).toEqual(['lambdas/ledger/busy/group-rows.ts']);
    expect(rowWrites(sample("const write = { row, action: 'update' };"))).not.toEqual([]);
  });

  it('WA-3 ID-7: only pending releases and replaced sign-ins are deleted', () => {
    /** Changes that delete, with the kind of their row where they spell it. */
    const deletes = (sources: readonly Source[]): readonly string[] =>
      sources.flatMap(({ path, runtimeNodes }) =>
        runtimeNodes.flatMap((node) => {
          const found = propertiesOf(node);
          if (!found.some(({ key }) => key === 'delete')) return [];
          const row = found
            .filter(({ key }) => key === 'row')
            .flatMap(({ value }) => nodesIn(value));
          const kinds = row
            .flatMap(propertiesOf)
            .filter(({ key }) => key === 'kind')
            .flatMap(({ value }) => textOf(value));
          return [`${path}: ${kinds.join()}`];
        }),
      );
    expect(deletes(lambdas)).toEqual([
      'lambdas/ledger/merchant.ts: sign-in',
      'lambdas/ledger/pending-releases.ts: ',
    ]);
    expect(deletes(sample("const change = { row: { kind: 'pool' }, delete: true };"))).toEqual([
      'x.ts: pool',
    ]);
    // That module makes changes of no other kind of row.
    const labels = new Set<string>(LABELS);
    const rows = kindsIn('lambdas/ledger/pending-releases.ts').filter((kind) => labels.has(kind));
    expect(rows).toEqual(['release']);
  });
});

describe('DynamoDB has one place for each use', () => {
  const READ_EXPRESSION =
    /^(KeyConditionExpression|FilterExpression|ProjectionExpression|ExpressionAttribute(Names|Values))$/;
  const WRITE_EXPRESSION = /^(ConditionExpression|UpdateExpression)$/;
  /** Functions and clauses of expressions, in texts. */
  const ANY_CLAUSE =
    /\b(attribute_(not_)?exists|attribute_type|begins_with|list_append|if_not_exists)\b|\bBETWEEN :|^(SET|REMOVE|ADD|DELETE) (?!\/)/;
  const WRITE_CLAUSE =
    /\b(attribute_(not_)?exists|list_append|if_not_exists)\b|^(SET|REMOVE|ADD|DELETE) (?!\/)/;

  const expressions = (
    sources: readonly Source[],
    names: RegExp,
    clause: RegExp,
  ): readonly string[] => [
    ...using(sources, names),
    ...sources.flatMap(({ path, runtimeNodes }) =>
      runtimeNodes
        .flatMap(textOf)
        .filter((text) => clause.test(text))
        .map((text) => `${path}: ${text}`),
    ),
  ];
  const either = new RegExp(`${READ_EXPRESSION.source}|${WRITE_EXPRESSION.source}`);

  it('write expressions are spelled in one module', () => {
    expect(filesOf(expressions(lambdas, WRITE_EXPRESSION, WRITE_CLAUSE))).toEqual([
      'lambdas/ledger/expressions.ts',
    ]);
  });

  it('read expressions are spelled in the ledger’s table and rows', () => {
    const files = filesOf(expressions(lambdas, either, ANY_CLAUSE));
    expect(files.filter((path) => !path.startsWith('lambdas/ledger/rows/'))).toEqual([
      'lambdas/ledger/expressions.ts',
      'lambdas/ledger/table.ts',
    ]);
    expect(files.length).toBeGreaterThan(5);
  });

  it.each(['operations', 'payouts', 'queued', 'http', 'functions', 'platform'])(
    'lambdas/%s has no expression',
    (folder) => {
      const files = lambdas.filter(({ path }) => path.startsWith(`lambdas/${folder}/`));
      expect(files).not.toEqual([]);
      expect(expressions(files, either, ANY_CLAUSE)).toEqual([]);
    },
  );

  it.each([
    "const query = { KeyConditionExpression: 'pk = :pk' };",
    "const write = { ConditionExpression: 'pk = :pk' };",
    "const condition = 'attribute_exists(pk)';",
    'const update = `SET spent = spent + :v0`;',
    "const values = { ExpressionAttributeValues: { ':pk': pk } };",
  ])('an expression would be found in: %s', (text) => {
    expect(expressions(sample(text), either, ANY_CLAUSE)).not.toEqual([]);
  });

  it('commands of DynamoDB stay in the ledger; queues, schedules and Cognito have one module each', () => {
    const outside = lambdas.filter(({ path }) => !path.startsWith('lambdas/ledger/'));
    const commands = new Set(using(outside, /^[A-Z]\w+Command$/));
    expect([...commands].toSorted()).toEqual([
      'lambdas/operations/auth/cognito.ts: AdminCreateUserCommand',
      'lambdas/operations/auth/cognito.ts: AdminDeleteUserCommand',
      'lambdas/operations/auth/cognito.ts: AdminDisableUserCommand',
      'lambdas/operations/auth/cognito.ts: AdminGetUserCommand',
      'lambdas/operations/auth/cognito.ts: AdminInitiateAuthCommand',
      'lambdas/operations/auth/cognito.ts: AdminRespondToAuthChallengeCommand',
      'lambdas/operations/auth/cognito.ts: AdminSetUserPasswordCommand',
      'lambdas/operations/auth/cognito.ts: AdminUserGlobalSignOutCommand',
      'lambdas/operations/auth/cognito.ts: AssociateSoftwareTokenCommand',
      'lambdas/operations/auth/cognito.ts: VerifySoftwareTokenCommand',
      'lambdas/payouts/schedules.ts: CreateScheduleCommand',
      'lambdas/payouts/schedules.ts: DeleteScheduleCommand',
      'lambdas/platform/queue.ts: ChangeMessageVisibilityCommand',
      'lambdas/platform/queue.ts: SendMessageCommand',
    ]);
  });

  it('clients are made in one module', () => {
    expect(filesOf(using(lambdas, /^(DynamoDBClient|DynamoDBDocumentClient\.from)$/))).toEqual([
      'lambdas/platform/clients.ts',
    ]);
  });

  it('CR-2: a transaction is the only way to write money, and one module sends it', () => {
    const WRITES =
      /^((BatchWrite|Put|Update|Delete)(Item)?Command|(Batch)?ExecuteStatementCommand|ExecuteTransactionCommand|TransactWrite(Items)?Command)$/;
    expect([...new Set(using(lambdas, WRITES))]).toEqual([
      // The marker of a busy merchant, which holds no money and decides nothing.
      'lambdas/ledger/busy/marker.ts: PutCommand',
      'lambdas/ledger/commit.ts: TransactWriteCommand',
    ]);
    const reasons = using(lambdas, /^(TransactionCanceledException|\w*\.CancellationReasons)$/);
    // A snapshot that was cancelled says nothing about a row.
    expect(filesOf(reasons)).toEqual(['lambdas/ledger/commit.ts', 'lambdas/ledger/snapshot.ts']);
    for (const text of ['new PutCommand(x);', 'new UpdateItemCommand(x);']) {
      expect(using(sample(text), WRITES)).toHaveLength(1);
    }
  });

  it('WD-8: what is put outside a transaction is the marker of a busy merchant, without money', () => {
    const [marker] = lambdas.filter(({ path }) => path === 'lambdas/ledger/busy/marker.ts');
    /** Each object literal that names its expiration, as a row to put does. */
    const rows = (marker?.runtimeNodes ?? [])
      .map(propertiesOf)
      .filter((row) => row.some(({ key }) => key === 'expiration'));
    expect(rows.map((row) => row.map(({ key }) => key).toSorted())).toEqual([
      ['batches', 'expiration', 'id', 'markedAt', 'until'],
    ]);
    const ids = rows.flat().filter(({ key }) => key === 'id');
    expect(ids.flatMap(({ value }) => nodesIn(value).map(nameOf))).toContain('busyId');
  });

  it('a query that uses no index is strongly consistent', () => {
    const queries = (sources: readonly Source[]) =>
      sources.flatMap(({ path, nodes }) =>
        nodes
          .map((node) => ({ path, keys: propertiesOf(node).map(({ key }) => key) }))
          .filter(({ keys }) => keys.includes('KeyConditionExpression')),
      );
    const weak = (sources: readonly Source[]) =>
      queries(sources).filter(
        ({ keys }) => !keys.includes('IndexName') && !keys.includes('ConsistentRead'),
      );
    expect(queries(lambdas).length).toBeGreaterThan(5);
    expect(weak(lambdas).map(({ path }) => path)).toEqual([]);
    expect(weak(sample("const query = { KeyConditionExpression: 'pk = :pk' };"))).toHaveLength(1);
  });

  it('no table is scanned', () => {
    expect(using(lambdas, /^Scan(Command)?$/)).toEqual([]);
    expect(using(sample('new ScanCommand(x);'), /^Scan(Command)?$/)).not.toEqual([]);
  });
});
