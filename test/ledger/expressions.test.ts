import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { transactItem } from '../../lambdas/ledger/expressions.ts';
import type { Condition, RowRef, RowWrite } from '../../lambdas/ledger/row-writes.ts';
import { USD } from '../harness/in-memory-ledger.ts';

const MERCHANT: RowRef = { kind: 'merchant', merchantId: 'm1' };
const RESPONSE: RowRef = { kind: 'response', table: 'Responses', id: 'surety#1' };
const KEY = { pk: 'M#m1', sk: 'MERCHANT' };

const check = (...conditions: readonly Condition[]): RowWrite => ({
  row: MERCHANT,
  action: 'check',
  conditions,
});
const update = (
  parts: Partial<Extract<RowWrite, { action: 'update' }>>,
): Extract<RowWrite, { action: 'update' }> => ({
  row: MERCHANT,
  action: 'update',
  conditions: [{ must: 'exist' }],
  set: {},
  add: {},
  append: {},
  remove: [],
  ...parts,
});

describe('each condition', () => {
  it.each<[Condition, string, Record<string, string>, Record<string, unknown> | undefined]>([
    [{ must: 'exist' }, 'attribute_exists(#n0)', { '#n0': 'pk' }, undefined],
    [{ must: 'be new' }, 'attribute_not_exists(#n0)', { '#n0': 'pk' }, undefined],
    [
      { must: 'be absent', path: 'closed' },
      'attribute_not_exists(#n0)',
      { '#n0': 'closed' },
      undefined,
    ],
    [
      { must: 'be absent', path: 'spent.USD' },
      'attribute_not_exists(#n0.#n1)',
      { '#n0': 'spent', '#n1': 'USD' },
      undefined,
    ],
    [
      { must: 'equal', path: 'status', value: 'ACTIVE' },
      '#n0 = :v0',
      { '#n0': 'status' },
      { ':v0': 'ACTIVE' },
    ],
    [
      { must: 'differ', path: 'proposal.by', value: 'alice' },
      '#n0.#n1 <> :v0',
      { '#n0': 'proposal', '#n1': 'by' },
      { ':v0': 'alice' },
    ],
    [
      { must: 'be after', path: 'proposal.expiresAt', value: '2026-11-20T12:00:00.000Z' },
      '#n0.#n1 > :v0',
      { '#n0': 'proposal', '#n1': 'expiresAt' },
      { ':v0': '2026-11-20T12:00:00.000Z' },
    ],
    [
      { must: 'be at least', path: 'available', value: 20n },
      '#n0 >= :v0',
      { '#n0': 'available' },
      { ':v0': 20n },
    ],
    [
      { must: 'be at most', path: 'utilised', value: 400n },
      '#n0 <= :v0',
      { '#n0': 'utilised' },
      { ':v0': 400n },
    ],
    [
      { must: 'be one of', path: 'status', values: ['ACTIVE', 'SUSPENDED'] },
      '#n0 IN (:v0, :v1)',
      { '#n0': 'status' },
      { ':v0': 'ACTIVE', ':v1': 'SUSPENDED' },
    ],
  ])('%p is %s', (condition, text, names, values) => {
    expect(transactItem('Ledger', check(condition))).toEqual({
      ConditionCheck: {
        TableName: 'Ledger',
        Key: KEY,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ConditionExpression: text,
        ExpressionAttributeNames: names,
        // DynamoDB refuses an empty map of values.
        ...(values !== undefined && { ExpressionAttributeValues: values }),
      },
    });
  });

  it('of one write is joined with AND, and shares the names of its attributes', () => {
    const item = transactItem(
      'Ledger',
      check(
        { must: 'equal', path: 'spent.USD.day', value: '2026-11-20' },
        { must: 'be at most', path: 'spent.USD.dayAmount', value: 5n },
        { must: 'be absent', path: 'closed' },
      ),
    );
    expect(item.ConditionCheck).toMatchObject({
      ConditionExpression: '#n0.#n1.#n2 = :v0 AND #n0.#n1.#n3 <= :v1 AND attribute_not_exists(#n4)',
      ExpressionAttributeNames: {
        '#n0': 'spent',
        '#n1': 'USD',
        '#n2': 'day',
        '#n3': 'dayAmount',
        '#n4': 'closed',
      },
      ExpressionAttributeValues: { ':v0': '2026-11-20', ':v1': 5n },
    });
  });

  it('that a response is new uses the key of its own table', () => {
    const write: RowWrite = {
      row: RESPONSE,
      action: 'put',
      conditions: [{ must: 'be new' }],
      item: { status: 202, body: '{}' },
    };
    expect(transactItem('Ledger', write)).toEqual({
      Put: {
        TableName: 'Responses',
        Item: { id: 'surety#1', status: 202, body: '{}' },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ConditionExpression: 'attribute_not_exists(#n0)',
        ExpressionAttributeNames: { '#n0': 'id' },
      },
    });
  });
});

describe('each action', () => {
  it('a put writes the key with the item', () => {
    const write: RowWrite = {
      row: { kind: 'wallet', merchantId: 'm1', currency: USD },
      action: 'put',
      conditions: [{ must: 'be new' }],
      item: { currency: USD, available: 9007199254740993n },
    };
    expect(transactItem('Ledger', write)).toEqual({
      Put: {
        TableName: 'Ledger',
        Item: { pk: 'M#m1', sk: 'WALLET#USD', currency: 'USD', available: 9007199254740993n },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ConditionExpression: 'attribute_not_exists(#n0)',
        ExpressionAttributeNames: { '#n0': 'pk' },
      },
    });
  });

  it('an update sets, adds, appends and removes', () => {
    const phase = { name: 'settle' };
    const write = update({
      conditions: [{ must: 'equal', path: 'status', value: 'PROCESSING' }],
      set: { status: 'SUCCEEDED', 'at.SUCCEEDED': 'then' },
      add: { version: 1n },
      append: { phases: [phase] },
      remove: ['nextCheckAt', 'payout.leaseUntil'],
    });
    expect(transactItem('Ledger', write)).toEqual({
      Update: {
        TableName: 'Ledger',
        Key: KEY,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ConditionExpression: '#n0 = :v0',
        UpdateExpression:
          'SET #n0 = :v1, #n1.#n2 = :v2, #n3 = #n3 + :v3, #n4 = list_append(#n4, :v4) REMOVE #n5, #n6.#n7',
        ExpressionAttributeNames: {
          '#n0': 'status',
          '#n1': 'at',
          '#n2': 'SUCCEEDED',
          '#n3': 'version',
          '#n4': 'phases',
          '#n5': 'nextCheckAt',
          '#n6': 'payout',
          '#n7': 'leaseUntil',
        },
        ExpressionAttributeValues: {
          ':v0': 'PROCESSING',
          ':v1': 'SUCCEEDED',
          ':v2': 'then',
          ':v3': 1n,
          ':v4': [phase],
        },
      },
    });
  });

  it('an update that only removes has no SET', () => {
    const { Update } = transactItem('Ledger', update({ remove: ['nextCheckAt'] }));
    expect(Update).toMatchObject({ UpdateExpression: 'REMOVE #n1' });
    expect(Update).not.toHaveProperty('ExpressionAttributeValues');
  });

  it('an update that removes nothing has no REMOVE', () => {
    const { Update } = transactItem('Ledger', update({ add: { available: -5n } }));
    expect(Update?.UpdateExpression).toBe('SET #n1 = #n1 + :v0');
    expect(Update?.ExpressionAttributeValues).toEqual({ ':v0': -5n });
  });

  it('a delete names its row and its condition', () => {
    const row: RowRef = {
      kind: 'release',
      merchantId: 'm1',
      currency: USD,
      releaseAt: '2026-11-20T11:00:00.000Z',
      depositId: 'D1',
    };
    const write: RowWrite = { row, action: 'delete', conditions: [{ must: 'exist' }] };
    expect(transactItem('Ledger', write)).toEqual({
      Delete: {
        TableName: 'Ledger',
        Key: { pk: 'M#m1', sk: 'RELEASE#USD#2026-11-20T11:00:00.000Z#D1' },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ConditionExpression: 'attribute_exists(#n0)',
        ExpressionAttributeNames: { '#n0': 'pk' },
      },
    });
  });

  it('every action returns the row that fails its condition', () => {
    const writes: RowWrite[] = [
      { row: RESPONSE, action: 'put', conditions: [{ must: 'be new' }], item: {} },
      update({ set: { status: 'ACTIVE' } }),
      { row: MERCHANT, action: 'delete', conditions: [{ must: 'exist' }] },
      check({ must: 'exist' }),
    ];
    const items = writes.flatMap((write) => Object.values(transactItem('Ledger', write)));
    expect(items).toHaveLength(4);
    for (const item of items) {
      expect(item).toMatchObject({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    }
  });
});

describe('placeholders', () => {
  const paths = fc
    .array(fc.constantFrom('status', 'at', 'by', 'limit', 'size', 'USD', 'day', 'name', 'value'), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) => parts.join('.'));
  const condition: fc.Arbitrary<Condition> = fc.oneof(
    fc.constant<Condition>({ must: 'exist' }),
    paths.map((path): Condition => ({ must: 'be absent', path })),
    fc
      .tuple(paths, fc.bigInt())
      .map(([path, value]): Condition => ({ must: 'be at most', path, value })),
    fc
      .tuple(paths, fc.string())
      .map(([path, value]): Condition => ({ must: 'equal', path, value })),
    fc
      .tuple(paths, fc.array(fc.string(), { minLength: 1 }))
      .map(([path, values]): Condition => ({ must: 'be one of', path, values })),
  );
  const writes = fc
    .record({
      conditions: fc.array(condition, { minLength: 1 }),
      set: fc.dictionary(paths, fc.oneof(fc.string(), fc.bigInt())),
      add: fc.dictionary(paths, fc.bigInt()),
      append: fc.dictionary(paths, fc.array(fc.string())),
      remove: fc.array(paths),
    })
    .map(update);

  const expressionOf = (write: RowWrite) => {
    const { Update } = transactItem('Ledger', write);
    if (Update === undefined) throw new Error('no update');
    return {
      text: `${Update.ConditionExpression} ${Update.UpdateExpression}`,
      names: Update.ExpressionAttributeNames ?? {},
      values: Update.ExpressionAttributeValues ?? {},
    };
  };

  it('stand for every name and value: DynamoDB refuses reserved words, and placeholders without use', () => {
    fc.assert(
      fc.property(writes, (write) => {
        const { text, names, values } = expressionOf(write);
        expect(new Set(text.match(/#\w+/g) ?? [])).toEqual(new Set(Object.keys(names)));
        expect(new Set(text.match(/:\w+/g) ?? [])).toEqual(new Set(Object.keys(values)));
        const spelled = text.replaceAll(/[#:]\w+/g, '').match(/\w+/g) ?? [];
        const WORDS = /^(attribute_exists|attribute_not_exists|list_append|AND|IN|SET|REMOVE)$/;
        expect(spelled.filter((word) => !WORDS.test(word))).toEqual([]);
      }),
      { seed: 31 },
    );
  });

  it('stand for one attribute each', () => {
    fc.assert(
      fc.property(writes, (write) => {
        const { names } = expressionOf(write);
        expect(new Set(Object.values(names)).size).toBe(Object.keys(names).length);
      }),
      { seed: 32 },
    );
  });

  it('carry amounts as bigint, exactly', () => {
    const most = 10n ** 27n + 1n;
    const { values } = expressionOf(
      update({
        conditions: [{ must: 'be at least', path: 'available', value: most }],
        set: { amount: most },
        add: { available: -most },
      }),
    );
    expect(values).toEqual({ ':v0': most, ':v1': most, ':v2': -most });
  });
});
