import { z } from 'zod';
import type { Explanation } from './explained-findings.ts';

export type Finding = { readonly rule: string; readonly at: string; readonly message: string };

/** What cfn-lint writes with --format json. A finding of the whole template has no logical id. */
export const cfnLintReport = z
  .array(
    z.object({
      Rule: z.object({ Id: z.string() }),
      Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullable() }),
      Message: z.string(),
    }),
  )
  .transform((findings): readonly Finding[] =>
    findings.map(({ Rule, Location, Message }) => ({
      rule: Rule.Id,
      at: String(Location.Path?.[1] ?? 'the template'),
      message: Message,
    })),
  );

/** What checkov writes with --output json. It names a resource by its type and logical id. */
export const checkovReport = z
  .object({
    summary: z.object({
      passed: z.int().positive('checkov read no template'),
      parsing_errors: z.literal(0, 'checkov could not read a template'),
    }),
    results: z.object({
      failed_checks: z.array(
        z.object({ check_id: z.string(), resource: z.string(), check_name: z.string() }),
      ),
    }),
  })
  .transform(({ results }): readonly Finding[] =>
    results.failed_checks.map(({ check_id, resource, check_name }) => ({
      rule: check_id,
      at: resource.split('.').at(-1) ?? resource,
      message: check_name,
    })),
  );

const explains = ({ rule, at }: Explanation, finding: Finding): boolean =>
  rule === finding.rule && at.test(finding.at);

/** One line for each finding without an explanation, and for each explanation without a finding. */
export const objections = (
  findings: readonly Finding[],
  explanations: readonly Explanation[],
): readonly string[] => [
  ...findings
    .filter((finding) => !explanations.some((each) => explains(each, finding)))
    .map(({ rule, at, message }) => `${rule} at ${at} has no explanation: ${message}`),
  ...explanations
    .filter((each) => !findings.some((finding) => explains(each, finding)))
    .map(({ rule, at }) => `${rule} at ${at} explains no finding: remove it`),
];
