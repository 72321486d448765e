import { TestEnvironment } from 'jest-environment-node';
import { activeMutant, note } from './noted.ts';

type Hits = Record<string, number>;

/** What Stryker counts, over all test files of a run. */
type Counted = { static: Hits; perTest: Record<string, Hits> };

type TestEvent = {
  readonly name: string;
  readonly test?: {
    readonly name: string;
    mode?: string | undefined;
    readonly errors: readonly unknown[];
  };
};

/** Tests of many at once take long, and fail for the same mutants as others do. */
const AT_FULL_SIZE = /OP-3|races|250 wallets|ninety wallets|twenty concurrent|after one deadline/;

/** In the dry run, notes which mutants a test file reaches. In the others, skips what follows a failed test. */
export default class MutantEnvironment extends TestEnvironment {
  private readonly testFile: string;
  private readonly started = performance.now();
  private before: Hits = {};
  private failed = false;

  constructor(...[config, context]: ConstructorParameters<typeof TestEnvironment>) {
    super(config, context);
    this.testFile = context.testPath;
  }

  private hits(): Hits {
    const stryker = Reflect.get(this.global, '__stryker__') as
      | { mutantCoverage?: Counted }
      | undefined;
    const counted = stryker?.mutantCoverage;
    const sum: Hits = {};
    for (const hits of [counted?.static ?? {}, ...Object.values(counted?.perTest ?? {})]) {
      for (const [mutant, times] of Object.entries(hits)) sum[mutant] = (sum[mutant] ?? 0) + times;
    }
    return sum;
  }

  override async setup(): Promise<void> {
    await super.setup();
    this.before = this.hits();
  }

  override async teardown(): Promise<void> {
    if (activeMutant() === undefined) {
      const reached = Object.entries(this.hits()).filter(
        ([mutant, times]) => times > (this.before[mutant] ?? 0),
      );
      note(this.testFile, {
        ms: performance.now() - this.started,
        mutants: reached.map(([mutant]) => mutant),
      });
    }
    await super.teardown();
  }

  handleTestEvent({ name, test }: TestEvent): void {
    if (test === undefined) return;
    if (name === 'test_done' && test.errors.length > 0) this.failed = true;
    if (name === 'test_start' && (this.failed || AT_FULL_SIZE.test(test.name))) test.mode = 'skip';
  }
}
