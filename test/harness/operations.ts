import { OPERATIONS } from '../../lambdas/operations/index.ts';

/** What the deployed functions get from the CDK app: the operations that a merchant can look up by key. */
export const MERCHANT_OPERATIONS: readonly string[] = OPERATIONS.filter(({ byKey }) => byKey).map(
  ({ name }) => name,
);
