import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * In place of the SDK's chain of credential providers (`surety-function.ts`): Lambda puts the credentials of a
 * function's role into its environment, and the other providers would make every bundle 100 KB larger.
 */
export const defaultProvider = fromEnv;
