import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cognito from '@aws-sdk/client-cognito-identity-provider';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { OPERATIONS } from '../../lambdas/operations/index.ts';
import { templatesOf } from '../harness/templates.ts';
import { ROOT } from './sources.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const page = read('docs/deploy.md');
const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(/^ *```(\w+)\n([\s\S]*?)^ *```$/gm)].flatMap(([, info, block = '']) =>
    info === language ? [block] : [],
  );
const commands = blocksOf('sh')
  .join('')
  .replaceAll(/\\\n\s*/g, '');

const optionsOf = (text: string): readonly string[] =>
  [...text.matchAll(/ --([a-z][a-z-]*)/g)].flatMap(([, option = '']) => option);
const pascalCase = (name: string): string =>
  name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The clients of the SDK have the commands and options of the AWS CLI. */
const CLIENTS: Readonly<Record<string, object>> = {
  'cognito-idp': cognito,
  secretsmanager: secrets,
};
/** A structure of the SDK: its fifth item lists its members. */
const structure = z.array(z.unknown()).transform((items) => z.array(z.string()).parse(items[4]));

/** Options that the SDK's command of this name does not have. */
const unknownOptions = (service: string, command: string, options: string): readonly string[] => {
  const entries = Object.entries(CLIENTS[service] ?? {});
  const request = entries.find(([name]) => name === `${pascalCase(command)}Request$`);
  if (request === undefined) return [`${service} ${command}`];
  const members = structure.parse(request[1]);
  return optionsOf(options).filter((option) => !members.includes(pascalCase(option)));
};

describe('OP-7: the commands of docs/deploy.md', () => {
  it('are valid bash', () => {
    expect(blocksOf('sh').length).toBeGreaterThan(5);
    for (const block of blocksOf('sh')) {
      expect(() => execFileSync('bash', ['-n', '-c', block], { stdio: 'pipe' })).not.toThrow();
    }
  });

  it('are written once', () => {
    const lines = commands.split('\n').filter((line) => /^(aws|npx|npm)\b/.test(line));
    expect(lines.length).toBeGreaterThan(5);
    expect(new Set(lines).size).toBe(lines.length);
  });

  it('of the AWS CLI exist, with their options', () => {
    const calls = [...commands.matchAll(/\baws ([a-z-]+) ([a-z-]+)(.*)$/gm)];
    expect(calls.length).toBeGreaterThan(2);
    expect(
      calls.flatMap(([, service = '', command = '', rest = '']) =>
        unknownOptions(service, command, rest),
      ),
    ).toEqual([]);
    expect(unknownOptions('cognito-idp', 'create-admin', '')).toEqual(['cognito-idp create-admin']);
    expect(unknownOptions('secretsmanager', 'create-secret', ' --name a --value b')).toEqual([
      'value',
    ]);
  });

  it('of the CDK CLI exist, with their options', () => {
    const calls = [...page.matchAll(/\bnpx cdk ([a-z]+)(.*)$/gm)];
    expect(calls.length).toBeGreaterThan(2);
    for (const [, command = '', rest = ''] of calls) {
      const help = execFileSync(join(ROOT, 'node_modules/.bin/cdk'), [command, '--help'], {
        encoding: 'utf8',
        env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' },
      });
      expect(help).toContain(`cdk ${command}`);
      for (const option of optionsOf(rest)) expect(help).toContain(`--${option}`);
    }
  });

  it('set every variable that bin/surety.ts reads, and no other; so does the pipeline', () => {
    const known = new Set(read('bin/surety.ts').match(/SURETY_\w+/g));
    expect(known.size).toBeGreaterThan(4);
    expect(new Set(commands.match(/SURETY_\w+(?==)/g))).toEqual(known);
    expect(
      new Set(
        blocksOf('yaml')
          .join('')
          .match(/SURETY_\w+/g),
      ),
    ).toEqual(known);
    expect(new Set(page.match(/SURETY_\w+/g))).toEqual(known);
  });

  it('read stack outputs that exist', () => {
    const read = [...commands.matchAll(/\$\(output (\w+)\)/g)].flatMap(([, name = '']) => name);
    expect(read.length).toBeGreaterThan(2);
    const { Outputs } = templatesOf('production').service;
    expect(read.filter((name) => !Object.hasOwn(Outputs, name))).toEqual([]);
  });

  it('call routes that exist', () => {
    const routes = OPERATIONS.map(
      ({ route }) => new RegExp(`^${route.replaceAll(/{\w+}/g, '\\S+')}$`),
    );
    const called = [
      ...[...commands.matchAll(/\bpost (\/\S+)/g)].map(([, path]) => `POST ${path}`),
      ...[...commands.matchAll(/"\$API(\/\S+)"/g)].map(([, path]) => `GET ${path}`),
    ];
    expect(called.length).toBeGreaterThan(8);
    expect(called.filter((each) => !routes.some((route) => route.test(each)))).toEqual([]);
  });

  it('deploy with policies that are JSON', () => {
    expect(blocksOf('json')).toHaveLength(2);
    for (const policy of blocksOf('json')) {
      expect(JSON.parse(policy)).toMatchObject({ Version: '2012-10-17' });
    }
  });
});
