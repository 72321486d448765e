import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  apiEnv,
  executeScheduledEnv,
  notFoundEnv,
  readEnv,
  recoverEnv,
  relayEnv,
  settleEnv,
} from '../../lambdas/platform/env.ts';

const SETTLE = {
  LEDGER_TABLE: 'ledger',
  DEADLINE_MS: '2500',
  IDEMPOTENCY_TABLE: 'responses',
  BUSY_QUEUE_URL: 'https://sqs/busy.fifo',
  PAYOUT_QUEUE_URL: 'https://sqs/queue',
  BANK_URL: 'https://bank',
  BANK_SECRET_NAME: 'bank',
  OPERATOR_URL: 'https://operator',
  OPERATOR_SECRET_NAME: 'operator',
  PROVIDER_CALL_MS: '8000',
  CLAIM_MS: '20000',
  LEASE_MS: '90000',
  VISIBILITY_MS: '180000',
  QUIET_MS: '600000',
  CHECK_MARGIN_MS: '900000',
};
const API = {
  LEDGER_TABLE: 'ledger',
  DEADLINE_MS: '2500',
  IDEMPOTENCY_TABLE: 'responses',
  BUSY_QUEUE_URL: 'https://sqs/busy.fifo',
  DEFAULT_CURRENCY: 'USD',
  DEFAULT_TIME_ZONE: 'Asia/Tehran',
  POOL_SHARDS: '16',
  CHECK_MARGIN_MS: '900000',
  MERCHANT_POOL_ID: 'merchants',
  MERCHANT_CLIENT_ID: 'client of merchants',
  ADMIN_POOL_ID: 'admins',
  ADMIN_CLIENT_ID: 'client of admins',
  SECOND_ADMIN_ABOVE: 'BTC=1,*=1000',
  RATES_URL: 'https://rates',
  RATES_CALL_MS: '2000',
  RATES_MAX_AGE_MS: '60000',
  SPREAD_PPM: '5000',
  MOST_PER_ADMIN_REQUEST: '*=5000',
  MERCHANT_OPERATIONS: 'withdrawal,transfer',
  ADMIN_OPERATIONS: 'deposit,top-up',
};
const before = process.env;
beforeEach(() => {
  process.env = { ...SETTLE };
});
afterEach(() => {
  process.env = before;
});

describe('OP-6: a function whose configuration is incomplete does not start', () => {
  it('a complete one starts, with its times as numbers', () => {
    expect(readEnv(settleEnv)).toEqual({
      ...SETTLE,
      DEADLINE_MS: 2_500,
      PROVIDER_CALL_MS: 8_000,
      CLAIM_MS: 20_000,
      LEASE_MS: 90_000,
      VISIBILITY_MS: 180_000,
      QUIET_MS: 600_000,
      CHECK_MARGIN_MS: 900_000,
    });
  });

  it.each(Object.keys(SETTLE))('the error names the missing %s', (name) => {
    delete process.env[name];
    expect(() => readEnv(settleEnv)).toThrow(name);
  });

  it.each(['', '0', '-1', '1.5', '8s', '1e4', '8 000', '99999999'])(
    '%j is not a number of milliseconds',
    (time) => {
      process.env['LEASE_MS'] = time;
      expect(() => readEnv(settleEnv)).toThrow('LEASE_MS');
    },
  );

  it('the error names the variable of an empty name or a malformed address', () => {
    process.env['LEDGER_TABLE'] = '';
    process.env['PAYOUT_QUEUE_URL'] = 'queue';
    process.env['BUSY_QUEUE_URL'] = 'busy.fifo';
    expect(() => readEnv(apiEnv)).toThrow('LEDGER_TABLE');
    expect(() => readEnv(relayEnv)).toThrow('PAYOUT_QUEUE_URL');
    expect(() => readEnv(apiEnv)).toThrow('DEFAULT_CURRENCY');
    for (const each of [apiEnv, settleEnv, executeScheduledEnv, recoverEnv])
      expect(() => readEnv(each)).toThrow('BUSY_QUEUE_URL');
    expect(() => readEnv(recoverEnv)).toThrow('RECOVER_AGAIN_MS');
    expect(() => readEnv(executeScheduledEnv)).toThrow('SCHEDULE_QUEUE_URL');
  });
});

describe('OP-6: an API function', () => {
  beforeEach(() => {
    process.env = { ...API };
  });

  it('reads its lists by comma, without empty names', () => {
    expect(readEnv(apiEnv)).toEqual({
      ...API,
      DEADLINE_MS: 2_500,
      POOL_SHARDS: 16,
      CHECK_MARGIN_MS: 900_000,
      SECOND_ADMIN_ABOVE: { BTC: '1', '*': '1000' },
      RATES_CALL_MS: 2_000,
      RATES_MAX_AGE_MS: 60_000,
      SPREAD_PPM: 5_000n,
      MOST_PER_ADMIN_REQUEST: { '*': '5000' },
      MERCHANT_OPERATIONS: ['withdrawal', 'transfer'],
      ADMIN_OPERATIONS: ['deposit', 'top-up'],
    });
    process.env['SECOND_ADMIN_ABOVE'] = '';
    expect(readEnv(apiEnv).SECOND_ADMIN_ABOVE).toEqual({});
    process.env['MERCHANT_OPERATIONS'] = '';
    expect(readEnv(apiEnv).MERCHANT_OPERATIONS).toEqual([]);
    process.env['ROUTES'] = 'GET /health,POST /auth/token';
    expect(readEnv(notFoundEnv).ROUTES).toEqual(['GET /health', 'POST /auth/token']);
  });

  it.each(Object.keys(API))('does not start without %s', (name) => {
    delete process.env[name];
    expect(() => readEnv(apiEnv)).toThrow(name);
  });

  it('does not start with a limit for a second admin that has no amount', () => {
    process.env['SECOND_ADMIN_ABOVE'] = 'USD';
    expect(() => readEnv(apiEnv)).toThrow('SECOND_ADMIN_ABOVE');
  });

  it.each(['', '-1', '0.5', '1e3', '1000000', '5000ppm'])(
    'WA-7: does not start with %j as its spread',
    (spread) => {
      process.env['SPREAD_PPM'] = spread;
      expect(() => readEnv(apiEnv)).toThrow('SPREAD_PPM');
    },
  );

  it.each(['', 'usd', 'USDT', 'US'])('does not start with %j as its currency', (currency) => {
    process.env['DEFAULT_CURRENCY'] = currency;
    expect(() => readEnv(apiEnv)).toThrow('DEFAULT_CURRENCY');
  });
});
