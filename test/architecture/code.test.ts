import { describe, expect, it } from '@jest/globals';
import { foldersUnder, type Node, nameOf, namesIn, type Source, sourcesUnder } from './sources.ts';

const lambdas = sourcesUnder('lambdas');
/** The files that decide: no clock, no ids, no SDK. */
const PURE =
  /rule\.ts$|^lambdas\/ledger\/(balances|calendar|fees|merchant|money|postings|reasons|pending-releases|transactions)\.ts$/;
const domain = lambdas.filter(({ path }) => PURE.test(path));
const entries = lambdas.filter(({ path }) => path.startsWith('lambdas/functions/'));
const ours = ['bin', 'lambdas', 'lib', 'local'].flatMap(sourcesUnder);

/** Which of `sources` have a node that is wrong, and how. */
const offenders = (
  sources: readonly Source[],
  wrong: (node: Node) => string | boolean | undefined,
): readonly string[] =>
  sources.flatMap(({ path, nodes }) =>
    nodes.flatMap((node) => {
      const what = wrong(node);
      return what ? [`${path}: ${what === true ? node.type : what}`] : [];
    }),
  );
const using = (sources: readonly Source[], forbidden: RegExp): readonly string[] =>
  sources.flatMap((source) =>
    namesIn(source)
      .filter((name) => forbidden.test(name))
      .map((name) => `${source.path}: ${name}`),
  );

describe('the rules of the domain are pure', () => {
  it('there are rules', () => {
    expect(domain.length).toBeGreaterThan(5);
  });

  it('they do not know what time it is', () => {
    expect(using(domain, /^(Date\.now|performance|setTimeout|setInterval|Temporal)$/)).toEqual([]);
    const ofNow = (node: Node) =>
      node.type === 'NewExpression' &&
      nameOf(node['callee']) === 'Date' &&
      [node['arguments'] ?? []].flat().length === 0;
    expect(offenders(domain, ofNow)).toEqual([]);
    expect(
      offenders(
        domain,
        (node) => node.type === 'CallExpression' && nameOf(node['callee']) === 'Date',
      ),
    ).toEqual([]);
  });

  it('they draw no lots and make no ids', () => {
    expect(using(domain, /^(Math\.random|crypto|randomUUID|createHash)$/)).toEqual([]);
  });

  it('they wait for nothing and talk to nobody', () => {
    expect(using(domain, /^(fetch|console|process|logger|log|Promise|globalThis)$/)).toEqual([]);
    expect(
      offenders(domain, (node) => node.type === 'AwaitExpression' || node['async'] === true),
    ).toEqual([]);
  });
});

describe('DynamoDB is spoken in store only', () => {
  const outside = lambdas.filter(({ path }) => !path.startsWith('lambdas/ledger/'));

  it('expressions', () => {
    const EXPRESSION =
      /^(\w*ConditionExpression|UpdateExpression|FilterExpression|ProjectionExpression|ExpressionAttribute(Names|Values))$/;
    expect(using(outside, EXPRESSION)).toEqual([]);
    expect(using(lambdas, EXPRESSION)).not.toEqual([]);
  });

  it('commands; those of queues, schedules and Cognito have one file each', () => {
    const commands = new Set(using(outside, /^[A-Z]\w+Command$/));
    expect([...commands].toSorted()).toEqual([
      'lambdas/operations/auth/cognito.ts: InitiateAuthCommand',
      'lambdas/operations/auth/cognito.ts: SignUpCommand',
      'lambdas/payouts/payout-queue.ts: ChangeMessageVisibilityCommand',
      'lambdas/payouts/payout-queue.ts: SendMessageCommand',
      'lambdas/payouts/schedules.ts: CreateScheduleCommand',
      'lambdas/payouts/schedules.ts: DeleteScheduleCommand',
    ]);
  });

  it('clients are made in one file', () => {
    const made = new Set(
      using(lambdas, /^(DynamoDBClient|DynamoDBDocumentClient\.from)$/).map(
        (each) => each.split(':')[0],
      ),
    );
    expect([...made]).toEqual(['lambdas/platform/clients.ts']);
  });

  it('CR-2: there is one way to write, a transaction, and one place that sends it', () => {
    const writes = using(
      lambdas,
      /^((BatchWrite|Put|Update|Delete)(Item)?Command|(Batch)?ExecuteStatementCommand|ExecuteTransactionCommand|TransactWrite(Items)?Command)$/,
    );
    expect([...new Set(writes)]).toEqual(['lambdas/ledger/commit.ts: TransactWriteCommand']);
    const reasons = using(lambdas, /^(TransactionCanceledException|\w*\.CancellationReasons)$/);
    expect(new Set(reasons.map((each) => each.split(':')[0]))).toEqual(
      new Set(['lambdas/ledger/commit.ts']),
    );
  });

  it('a row that is not read by an index is read strongly', () => {
    const names = (node: Node): readonly string[] =>
      [node['properties'] ?? []]
        .flat()
        .map((property) => nameOf((property as { key?: unknown }).key));
    const queries = lambdas.flatMap(({ path, nodes }) =>
      nodes
        .filter((node) => node.type === 'ObjectExpression')
        .map((node) => [path, names(node)] as const)
        .filter(([, found]) => found.includes('KeyConditionExpression')),
    );
    expect(queries.length).toBeGreaterThan(5);
    const weak = queries.filter(
      ([, found]) => !found.includes('IndexName') && !found.includes('ConsistentRead'),
    );
    expect(weak.map(([path]) => path)).toEqual([]);
  });

  it('WA-3: only tranches are ever deleted', () => {
    const deleting = (node: Node) =>
      node.type === 'KeyValueProperty' && nameOf(node['key']) === 'Delete';
    const files = new Set(offenders(lambdas, deleting).map((each) => each.split(':')[0]));
    // The other one passes a write of either kind on.
    expect([...files].toSorted()).toEqual([
      'lambdas/ledger/commit.ts',
      'lambdas/ledger/rows/pending-releases.ts',
    ]);
  });

  it('no table is ever scanned', () => {
    expect(using(lambdas, /^Scan(Command)?$/)).toEqual([]);
  });
});

describe('what the compiler is told, it can check', () => {
  it('nothing is asserted to be of another type', () => {
    expect(
      offenders(ours, ({ type }) =>
        /^Ts(AsExpression|TypeAssertion|NonNullExpression)$/.test(type),
      ),
    ).toEqual([]);
  });

  it('nothing is of any type', () => {
    expect(offenders(ours, ({ type, kind }) => type === 'TsKeywordType' && kind === 'any')).toEqual(
      [],
    );
  });

  it('and it is never told to look away', () => {
    const silenced = ours.filter(({ text }) =>
      /@ts-(ignore|expect-error|nocheck)|biome-ignore|(eslint|oxlint)-disable/.test(text),
    );
    expect(silenced.map(({ path }) => path)).toEqual([]);
  });
});

describe('WA-1: money is never a number', () => {
  it('no rounding, no floats', () => {
    expect(
      using(
        lambdas,
        /^(parseFloat|Number\.parseFloat|parseInt|Number\.parseInt|\w*\.toFixed|Math\.(floor|ceil|trunc))$/,
      ),
    ).toEqual([
      // Seconds, not money.
      'lambdas/ledger/responses.ts: Math.floor',
      'lambdas/payouts/schedule-message.ts: Math.ceil',
      'lambdas/payouts/schedules.ts: Math.ceil',
    ]);
  });

  it('nothing is coerced on its way in', () => {
    expect(using(lambdas, /^z\.coerce/)).toEqual([]);
  });
});

describe('every function is wrapped alike', () => {
  it('its environment is read in one file', () => {
    const readers = new Set(using(lambdas, /^process\.env$/).map((each) => each.split(':')[0]));
    expect([...readers]).toEqual(['lambdas/platform/env.ts']);
  });

  it('it logs by code only', () => {
    expect(using(lambdas, /^console(\.|$)/)).toEqual([]);
    const loggers = new Set(using(lambdas, /^logger\./).map((each) => each.split(':')[0]));
    expect([...loggers]).toEqual(['lambdas/platform/logger.ts']);
  });

  it('an entry file wires, and decides nothing', () => {
    expect(entries.length).toBeGreaterThan(5);
    expect(entries.filter(({ lines }) => lines > 40).map(({ path }) => path)).toEqual([]);
    const DECIDES =
      /^(If|For|ForIn|ForOf|While|DoWhile|Switch|Try)Statement$|^ConditionalExpression$/;
    expect(offenders(entries, ({ type }) => DECIDES.test(type))).toEqual([]);
  });
});

describe('a file can be read at one sitting', () => {
  /** A table of texts, one entry after the other: nothing to follow. */
  const TABLES = ['lambdas/http/problems.ts'];

  it('of 250 lines at most', () => {
    const long = ours.filter(({ path, lines }) => lines > 250 && !TABLES.includes(path));
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it('a table has no code to grow in', () => {
    const CODE = /^(If|For|ForOf|While|Switch|Try)Statement$|^(Await|Conditional)Expression$/;
    const tables = ours.filter(({ path }) => TABLES.includes(path));
    expect(offenders(tables, ({ type }) => CODE.test(type))).toEqual([]);
  });
});

describe('names say what happens', () => {
  const BUCKETS = /^(utils?|helpers?|commons?|types?|services?|managers?|misc|shared|lib)$/;

  it('no folder and no file is a bucket', () => {
    const folders = ['lambdas', 'lib', 'local', 'test'].flatMap(foldersUnder);
    expect(folders.filter((name) => BUCKETS.test(name))).toEqual([]);
    const files = ours.map(({ path }) => path.split('/').at(-1)?.replace('.ts', '') ?? '');
    expect(files.filter((name) => BUCKETS.test(name))).toEqual([]);
  });

  it('files are kebab-case', () => {
    const all = [...ours, ...sourcesUnder('test')].map(({ path }) => path);
    expect(
      all.filter(
        (path) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(path),
      ),
    ).toEqual([]);
  });
});
