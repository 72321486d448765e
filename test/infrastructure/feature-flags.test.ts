import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { CONTEXT, resourcesOf } from '../harness/templates.ts';

const RECOMMENDED = z
  .record(z.string(), z.unknown())
  .parse(
    JSON.parse(readFileSync('node_modules/aws-cdk-lib/recommended-feature-flags.json', 'utf8')),
  );

/** Flags with another value than the library recommends. */
const OWN_CHOICES = {
  // CloudFormation does not delete or replace an exported table while the service stack imports it.
  // The local cloud knows no other reference than an export.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
};

it('OP-7: cdk.json sets every feature flag that the CDK recommends, and no other', () => {
  expect(Object.keys(RECOMMENDED).length).toBeGreaterThan(50);
  expect(CONTEXT).toEqual({ ...RECOMMENDED, ...OWN_CHOICES });
});

it('OP-7: every own choice differs from the recommendation', () => {
  for (const [flag, value] of Object.entries(OWN_CHOICES)) {
    expect(RECOMMENDED).toHaveProperty([flag]);
    expect(RECOMMENDED[flag]).not.toEqual(value);
  }
});

it('OP-7: stacks refer to each other by exports', () => {
  const functions = JSON.stringify(resourcesOf('production', 'AWS::Lambda::Function'));
  expect(functions).toContain('Fn::ImportValue');
  expect(functions).not.toContain('Fn::GetStackOutput');
});
