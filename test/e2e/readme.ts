import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

/** The walk as a reader pastes it; only the file that says where everything runs is this run's own. */
const walk = (): string => {
  const [, section = ''] = readFileSync('README.md', 'utf8').split('## A five-minute walk');
  const [text = ''] = section.split('\n## ');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block);
  return blocks
    .join('\n')
    .replaceAll('./.surety/local.json', process.env['SURETY_E2E_CLOUD'] ?? '');
};

it('OP-1: the walk of the README, pasted line by line, ends in SUCCEEDED', async () => {
  // `npm start` has topped up the pool by then.
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
  const lines = output.trim().split('\n');
  expect(output).toContain('"status":"PENDING","requested_credit":"1000.00"');
  expect(output).toContain('"status":"ACTIVE","credit_limit":"500.00"');
  expect(output).toContain('idempotency-replayed: true');
  expect(output).toContain('"code":"insufficient_credit"');
  expect(lines.slice(-2)).toEqual(['475.00', 'SUCCEEDED']);
}, 60_000);
