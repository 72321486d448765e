import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { authEnv, moneyEnv, readEnv, relayEnv, settleEnv } from '../../lambdas/platform/env.ts';

const SETTLE = {
  LEDGER_TABLE: 'ledger',
  SETTLEMENT_QUEUE_URL: 'https://sqs/queue',
  BANK_URL: 'https://bank',
  BANK_SECRET_NAME: 'bank',
  BANK_CALL_MS: '8000',
  BANK_CLAIM_MS: '20000',
  LEASE_MS: '90000',
  VISIBILITY_MS: '180000',
  QUIET_MS: '600000',
};
const before = process.env;
beforeEach(() => {
  process.env = { ...SETTLE };
});
afterEach(() => {
  process.env = before;
});

describe('OP-6: a function that is not fully configured does not start', () => {
  it('one that is, does, its times as numbers', () => {
    expect(readEnv(settleEnv)).toEqual({
      ...SETTLE,
      BANK_CALL_MS: 8_000,
      BANK_CLAIM_MS: 20_000,
      LEASE_MS: 90_000,
      VISIBILITY_MS: 180_000,
      QUIET_MS: 600_000,
    });
  });

  it.each(Object.keys(SETTLE))('without %s it says so', (name) => {
    delete process.env[name];
    expect(() => readEnv(settleEnv)).toThrow(name);
  });

  it.each(['', '0', '-1', '1.5', '8s', '1e4', '8 000', '99999999'])(
    'a time of %j is none',
    (time) => {
      process.env['LEASE_MS'] = time;
      expect(() => readEnv(settleEnv)).toThrow('LEASE_MS');
    },
  );

  it('an empty name or an address that is none is told by its variable', () => {
    process.env['LEDGER_TABLE'] = '';
    process.env['SETTLEMENT_QUEUE_URL'] = 'queue';
    expect(() => readEnv(moneyEnv)).toThrow('LEDGER_TABLE');
    expect(() => readEnv(relayEnv)).toThrow('SETTLEMENT_QUEUE_URL');
    expect(() => readEnv(authEnv)).toThrow('DEFAULT_CURRENCY');
  });
});
