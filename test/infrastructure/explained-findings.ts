/** A finding of cfn-lint or checkov that stays, with the reason. */
export type Explanation = {
  /** The id of the rule: W0000 of cfn-lint, CKV_AWS_000 of checkov. */
  readonly rule: string;
  /** The logical ids of the resources and outputs for which the reason holds. */
  readonly at: RegExp;
  readonly reason: string;
};

const ALL = /./;

/**
 * All findings of `npm run check:aws` that are not fixed. The command fails for a finding without an
 * explanation, and for an explanation without a finding.
 */
export const EXPLAINED: readonly Explanation[] = [
  {
    rule: 'W3005',
    at: ALL,
    reason:
      'CDK makes a function depend on its role, because the policies of the role come with it. ' +
      'A dependency that is stated twice has no effect.',
  },
  {
    rule: 'W6001',
    at: /(TableName|PoolId|PoolClientId)$/,
    reason: 'Operators and local commands read all outputs from the service stack.',
  },
  {
    rule: 'CKV_AWS_27',
    at: ALL,
    reason:
      'The queues are encrypted with SSE-SQS (SqsManagedSseEnabled), which the rule does not ' +
      'accept. Their messages hold ids only.',
  },
  {
    rule: 'CKV_AWS_115',
    at: ALL,
    reason:
      'Reserved concurrency takes executions from all other functions of the account, and a ' +
      'throttled receive counts towards the dead-letter queue. The event source of settle limits ' +
      'it instead, and the gateway throttles the API.',
  },
  {
    rule: 'CKV_AWS_116',
    at: /^(Groups|NotFound)|ConfirmRegistration/,
    reason: 'API Gateway and Cognito wait for the response. Lambda uses this queue only without.',
  },
  {
    rule: 'CKV_AWS_116',
    at: /^(Relay|Settle|SchedulesExecuteScheduled|PoolsRebalance)/,
    reason: 'The stream and the queues that trigger them have their own dead-letter queues.',
  },
  {
    rule: 'CKV_AWS_116',
    at: /^Recover/,
    reason: 'It runs every minute and reads its work from the Ledger. The next run is the retry.',
  },
  {
    rule: 'CKV_AWS_117',
    at: ALL,
    reason:
      'Functions call only AWS APIs, the bank and the operator, all over public HTTPS. No resource is in a VPC. ' +
      'A NAT gateway would be a permanent cost and a part that can fail.',
  },
  {
    rule: 'CKV_AWS_158',
    at: ALL,
    reason:
      'CloudWatch Logs encrypts every log group with a key of AWS. Lines hold ids, codes and ' +
      'durations: no secrets, and no amounts of a named person.',
  },
  {
    rule: 'CKV_AWS_173',
    at: ALL,
    reason:
      'Environment variables hold names, URLs and timers, encrypted with a key of AWS. The only ' +
      'secret is in Secrets Manager.',
  },
];
