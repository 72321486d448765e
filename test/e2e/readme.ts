import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { createMerchant } from '../../local/seed.ts';
import { adminToken, PASSWORD } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';

/** The walk as a reader pastes it; only the file that says where everything runs is this run's own. */
const walk = (): string => {
  const [, section = ''] = readFileSync('README.md', 'utf8').split('## A five-minute walk');
  const [text = ''] = section.split('\n## ');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block);
  return blocks
    .join('\n')
    .replaceAll('./.surety/local.json', process.env['SURETY_E2E_CLOUD'] ?? '');
};

it('OP-1: the walk of the README, pasted line by line, is what it says', async () => {
  // `npm start` has topped up the pool by then, and made alice.
  const { api } = localCloud();
  const alice = { username: 'alice', password: PASSWORD };
  await createMerchant(api, await adminToken(), alice, { limit: '1.00', bankAccount: 'E2E-alice' });
  const topUp = `ADMIN=$(post /auth/token none "$(node -p "JSON.stringify(require('./.surety/local.json').admin)")" | data access_token)
post /admin/pools/USD/topups "$ADMIN" '{"amount":"1000.00"}' -H 'Idempotency-Key: readme'`;
  const [first = '', ...rest] = walk().split('\n\n');
  const script = [
    first,
    topUp.replaceAll('./.surety/local.json', process.env['SURETY_E2E_CLOUD'] ?? ''),
    ...rest,
  ];
  // Not synchronously: the bank may live in this very process.
  const bash = ['-euo', 'pipefail', '-c', script.join('\n')];
  const { stdout: output } = await promisify(execFile)('bash', bash, { timeout: 40_000 });
  const lines = output.split(/\r?\n/).filter((line) => line !== '');
  expect(output).toContain('"status":"PENDING","requested_credit":"1000.00"');
  expect(output).toContain('"status":"ACTIVE","credit_limit":"500.00"');
  expect(output).toContain('idempotency-replayed: true');
  expect(output).toContain('"code":"insufficient_credit"');
  expect(output).toContain('"available":"0.00","pending":"40.00"');
  expect(output).toContain('"available":"40.00","pending":"0.00"');
  expect(output).toContain('"fee":"0.40","total":"20.40"');
  expect(lines.filter((line) => !line.startsWith('{') && !line.startsWith('['))).toEqual([
    'idempotency-replayed: true',
    '475.00',
    'SUCCEEDED',
    '20.00',
    'SCHEDULED',
    'CANCELLED',
    '9.50',
  ]);
}, 60_000);
