import { describe, expect, it } from '@jest/globals';
import type { Stage } from '../../lib/stage-schema.ts';
import { checkedStage, stageOf } from '../../lib/stages.ts';
import {
  DEPLOYMENT,
  inside,
  STAGE_NAMES,
  type StageName,
  theResource,
} from '../harness/templates.ts';

const stages = STAGE_NAMES.map((name) => stageOf(name, DEPLOYMENT));
const throttled = ({ throttle }: Stage, rate: number) => ({ ...throttle, rate });
const warm = (stage: Stage, changed: Partial<Stage['tables']['warmLedger']>) => ({
  ...stage.tables,
  warmLedger: { ...stage.tables.warmLedger, ...changed },
});

describe.each(stages)('OP-6: the stage $name', (stage) => {
  const check = (changed: Partial<Stage>) => () => checkedStage({ ...stage, ...changed });

  it('lets in at most 11 withdrawals a second for each row of a pool', () => {
    const most = stage.pool.shards * 11;
    const tables = warm(stage, { writeUnits: 20_000 });
    expect(check({ tables, throttle: throttled(stage, most) })).not.toThrow();
    expect(check({ tables, throttle: throttled(stage, most + 1) })).toThrow(
      `a throttle of ${most + 1}/s exceeds the ${most}/s that a pool of ${stage.pool.shards} shards carries`,
    );
  });

  it('cannot have a throttle above 11 for a pool of one row', () => {
    const throttle = { rate: 12, burst: 100, openRoute: { rate: 1, burst: 1 } };
    expect(check({ pool: { shards: 0 }, throttle })).toThrow(
      'a throttle of 12/s exceeds the 11/s that a pool of 0 shards carries',
    );
    expect(check({ pool: { shards: 0 }, throttle: { ...throttle, rate: 11 } })).not.toThrow();
    expect(check({ pool: { shards: 1 }, throttle: { ...throttle, rate: 11 } })).not.toThrow();
  });

  it('lets in at most one withdrawal a second for 14 warm write units of the Ledger', () => {
    const pool = { shards: 96 };
    const tables = warm(stage, { writeUnits: 14 * 400 });
    expect(check({ pool, tables, throttle: throttled(stage, 400) })).not.toThrow();
    expect(check({ pool, tables, throttle: throttled(stage, 401) })).toThrow(
      'a throttle of 401/s needs 5614 write units of the Ledger, but only 5600 are warm',
    );
  });

  it.each([{ writeUnits: 40_001 }, { readUnits: 40_001 }])(
    'cannot warm the Ledger above the quota of its account: %j',
    (above) => {
      expect(check({ tables: warm(stage, above) })).toThrow(
        'exceeds the quota of the account for one table: 40000 write and 40000 read units',
      );
      const quota = { writeUnits: 50_000, readUnits: 50_000 };
      expect(check({ tables: { ...warm(stage, above), quota } })).not.toThrow();
    },
  );

  it.each([{ writeUnits: 3_999 }, { readUnits: 11_999 }])(
    'cannot have a Ledger that is less warm than a new table: %j',
    (below) => {
      expect(check({ tables: warm(stage, below) })).toThrow('below that of a new table');
    },
  );

  it.each([-1, 1.5, 97])('cannot have pools of %d shards', (shards) => {
    expect(check({ pool: { shards } })).toThrow('pool.shards');
  });
});

it('OP-6: a stage gets all reasons about its capacity in one line', () => {
  const production = stageOf('production', DEPLOYMENT);
  const candidate = {
    ...production,
    throttle: throttled(production, 5_000),
    tables: warm(production, { writeUnits: 50_000 }),
  };
  expect(() => checkedStage(candidate)).toThrow(
    /^Stage production refused: a throttle of 5000[^;\n]*; a throttle of 5000[^;\n]*; the warm[^;\n]*\.$/,
  );
});

it('WD-8: pools, tables and the throttle grow together', () => {
  expect(
    stages.map(({ name, pool, throttle, tables }) => [
      name,
      pool.shards,
      throttle.rate,
      tables.warmLedger.writeUnits,
    ]),
  ).toEqual([
    ['local', 16, 100, 4_000],
    ['dev', 16, 100, 4_000],
    ['staging', 32, 250, 4_000],
    ['production', 96, 1_000, 16_000],
  ]);
});

describe('WD-8: the warm throughput in the templates', () => {
  const table = (stage: StageName, id: string) =>
    theResource(stage, 'AWS::DynamoDB::Table', id).Properties;
  const warmIndexes = (stage: StageName) =>
    [table(stage, 'Ledger')['GlobalSecondaryIndexes']]
      .flat()
      .map((index) => [inside(index, 'IndexName'), inside(index, 'WarmThroughput')])
      .filter(([, units]) => units !== undefined);

  it('of production is that of the Ledger, and of the index that each withdrawal writes four times', () => {
    expect(table('production', 'Ledger')['WarmThroughput']).toEqual({
      WriteUnitsPerSecond: 16_000,
      ReadUnitsPerSecond: 12_000,
    });
    // Four of 14 units. 1,000 withdrawals a second take 4,000.
    expect(warmIndexes('production')).toEqual([
      ['nextCheck', { WriteUnitsPerSecond: 4_572, ReadUnitsPerSecond: 12_000 }],
    ]);
  });

  it('is left out where it is that of a new table', () => {
    for (const stage of ['local', 'dev', 'staging'] as const) {
      expect(table(stage, 'Ledger')).not.toHaveProperty('WarmThroughput');
      expect(warmIndexes(stage)).toEqual([]);
    }
    for (const stage of STAGE_NAMES) {
      expect(table(stage, 'Idempotency')).not.toHaveProperty('WarmThroughput');
    }
  });
});
