import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { resourcesOf } from '../harness/templates.ts';
import { EXPLAINED } from './explained-findings.ts';
import { cfnLintReport, checkovReport, type Finding, objections } from './template-findings.ts';

const finding = (rule: string, at: string): Finding => ({ rule, at, message: 'a rule' });

describe('npm run check:aws', () => {
  it('OP-7: has a reason for every finding that stays', () => {
    expect(EXPLAINED.length).toBeGreaterThan(5);
    for (const { rule, reason } of EXPLAINED) {
      expect(rule).toMatch(/^([WEI]\d{4}|CKV2?_AWS_\d+)$/);
      expect(reason).toMatch(/^[A-Z].{40,}\.$/s);
    }
  });

  it('OP-7: is a command of package.json, with pinned tools', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(scripts['check:aws']).toBe('node test/infrastructure/check-aws.ts');
    const lines = readFileSync('test/infrastructure/requirements.txt', 'utf8').trim().split('\n');
    expect(
      lines.filter((line) => !line.startsWith('#')).map((line) => line.split('==')[0]),
    ).toEqual(['cfn-lint', 'checkov']);
    expect(lines.slice(1).every((line) => /^[a-z-]+==\d+\.\d+\.\d+$/.test(line))).toBe(true);
  });

  it('is right that every queue is encrypted with SSE-SQS, which checkov does not see', () => {
    const queues = resourcesOf('production', 'AWS::SQS::Queue');
    expect(queues.length).toBeGreaterThan(3);
    for (const [, { Properties }] of queues) {
      expect(Properties).toMatchObject({ SqsManagedSseEnabled: true });
    }
  });

  const explanations = [
    { rule: 'W1', at: /^Groups/, reason: '' },
    { rule: 'W2', at: /./, reason: '' },
  ];

  it('accepts findings that are all explained', () => {
    expect(objections([finding('W1', 'GroupsA'), finding('W2', 'B')], explanations)).toEqual([]);
  });

  it.each([
    ['of another rule', finding('W3', 'GroupsA')],
    ['at another resource', finding('W1', 'Settle')],
  ])('objects to a finding %s', (_, unexplained) => {
    const found = [finding('W1', 'GroupsA'), finding('W2', 'B'), unexplained];
    expect(objections(found, explanations)).toEqual([
      `${unexplained.rule} at ${unexplained.at} has no explanation: a rule`,
    ]);
  });

  it('objects to an explanation without a finding', () => {
    expect(objections([finding('W1', 'GroupsA')], explanations)).toEqual([
      'W2 at /./ explains no finding: remove it',
    ]);
  });
});

describe('the reports', () => {
  it('of cfn-lint name the rule and the logical id', () => {
    const Rule = { Id: 'W3005' };
    const report = [
      { Rule, Location: { Path: ['Resources', 'Settle', 'DependsOn', 1] }, Message: 'a' },
      { Rule, Location: { Path: null }, Message: 'b' },
    ];
    expect(cfnLintReport.parse(report)).toEqual([
      { rule: 'W3005', at: 'Settle', message: 'a' },
      { rule: 'W3005', at: 'the template', message: 'b' },
    ]);
  });

  const failed = { check_id: 'CKV_AWS_1', resource: 'AWS::SQS::Queue.Payouts', check_name: 'a' };
  const results = { failed_checks: [failed] };

  it('of checkov name the rule and the logical id', () => {
    expect(checkovReport.parse({ summary: { passed: 1, parsing_errors: 0 }, results })).toEqual([
      { rule: 'CKV_AWS_1', at: 'Payouts', message: 'a' },
    ]);
  });

  it.each([
    ['without a template', { passed: 0, parsing_errors: 0 }],
    ['with a template that it could not read', { passed: 1, parsing_errors: 1 }],
  ])('of checkov %s are refused', (_, summary) => {
    expect(checkovReport.safeParse({ summary, results }).success).toBe(false);
  });
});
