import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createMerchant, topUpPool } from '../../local/seed.ts';
import { adminToken, PASSWORD } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';

const MINUTE = 60_000;

/** One section of a page, up to the next heading of the same level. */
function sectionOf(path: string, heading: string): string {
  const [, section] = readFileSync(path, 'utf8').split(`\n${heading}\n`);
  if (section === undefined) throw new Error(`${path} has no section "${heading}"`);
  const [text = ''] = section.split('\n## ');
  return text;
}

const blocksOf = (section: string, language: string): readonly string[] =>
  [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, info, block = '']) =>
    info === language ? [block] : [],
  );

const linesOf = (output: string): readonly string[] =>
  output.split(/\r?\n/).filter((line) => line !== '');
/** The lines that are no JSON, and no continuation of it. */
const plainLines = (output: string): readonly string[] =>
  linesOf(output).filter((line) => !/^[{[ ]/.test(line));

/** Runs a section's commands in their order, as a reader pastes them. Only the cloud's address differs. */
async function run(section: string): Promise<string> {
  const commands = blocksOf(section, 'sh').join('\n');
  const address = process.env['SURETY_E2E_CLOUD'] ?? '';
  const script = commands.replaceAll('./.surety/local.json', address);
  const bash = ['-euo', 'pipefail', '-c', script];
  // Not synchronously: the bank simulator can run in this process.
  const { stdout } = await promisify(execFile)('bash', bash, { timeout: 40_000 });
  return stdout;
}

describe('the commands of the documentation, pasted in their order', () => {
  // `npm start` has created alice and topped up the pool.
  beforeAll(async () => {
    const { api } = localCloud();
    const admin = await adminToken();
    const alice = { username: 'alice', password: PASSWORD };
    await createMerchant(api, admin, alice, { limit: '1.00', bankAccount: 'E2E-alice' });
    await topUpPool(api, admin, '1000.00', 'readme');
  }, MINUTE);

  it(
    'OP-1: the walkthrough prints what it shows',
    async () => {
      const section = sectionOf('docs/walkthrough.md', '## A five-minute walk');
      const output = await run(section);
      expect(output).toContain(
        '"status":"PENDING","status_reason":null,"requested_credit":"1000.00"',
      );
      expect(output).toContain('"status":"ACTIVE","credit_limit":"500.00"');
      expect(output).toContain('idempotency-replayed: true');
      expect(output).toContain('"code":"insufficient_credit"');
      expect(output).toContain('"available":"0.00","pending":"40.00"');
      expect(output).toContain('"available":"40.00","pending":"0.00"');
      expect(output).toContain('"fee":"0.40","total":"20.40"');
      const expected = [
        'idempotency-replayed: true',
        '475.00',
        'SUCCEEDED',
        '20.00',
        'SCHEDULED',
        'CANCELLED',
        '9.50',
        '7.50',
        'SUCCEEDED',
        '4.57',
        '600.00',
      ];
      expect(plainLines(output)).toEqual(expected);
      expect(blocksOf(section, '').flatMap(plainLines)).toEqual(expected);
    },
    MINUTE,
  );

  it(
    'OP-1: the first withdrawal of the README succeeds at the bank',
    async () => {
      const output = await run(sectionOf('README.md', '## A first withdrawal'));
      expect(output).toContain(
        '"status":"PENDING","status_reason":null,"requested_credit":"1000.00"',
      );
      expect(output).toContain('"status":"ACTIVE","credit_limit":"500.00"');
      const [accepted] = linesOf(output).filter((line) => line.startsWith('{"status":202'));
      const { id } = JSON.parse(accepted ?? '{}').data;
      const [payouts] = linesOf(output).filter((line) => line.startsWith('['));
      expect(JSON.parse(payouts ?? '[]')).toContainEqual({
        key: id,
        account: 'IRTEST0000000000001',
        amount: '25.00',
        currency: 'USD',
        status: 'SUCCEEDED',
      });
      expect(plainLines(output)).toEqual(['SUCCEEDED']);
    },
    MINUTE,
  );
});
