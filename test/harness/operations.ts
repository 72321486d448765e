import type { Access } from '../../lambdas/http/operation.ts';
import { OPERATIONS } from '../../lambdas/operations/index.ts';

const operationsOf = (wanted: Access): readonly string[] =>
  OPERATIONS.filter(({ byKey, access }) => byKey && access === wanted).map(({ name }) => name);

/** What the deployed functions get from the CDK app: the operations whose requests can be looked up by key. */
export const OPERATIONS_BY_KEY = {
  merchant: operationsOf('merchant'),
  admin: operationsOf('admin'),
};
