import { App } from 'aws-cdk-lib';
import { DataStack } from '../lib/data-stack.ts';
import { ServiceStack } from '../lib/service-stack.ts';
import { StageRefused, stageOf } from '../lib/stages.ts';

const {
  CDK_DEFAULT_ACCOUNT,
  CDK_DEFAULT_REGION,
  SURETY_ACCOUNT: account,
  SURETY_REGION: region,
  SURETY_BANK_URL: bankUrl,
  SURETY_BANK_SECRET: bankSecretName,
  SURETY_OPERATOR_URL: operatorUrl,
  SURETY_OPERATOR_SECRET: operatorSecretName,
  SURETY_RATES_URL: ratesUrl,
  SURETY_CORS_ORIGINS: corsOrigins,
} = process.env;

const app = new App();
try {
  const stage = stageOf(String(app.node.tryGetContext('stage') ?? 'local'), {
    account,
    region,
    credentials: { account: CDK_DEFAULT_ACCOUNT, region: CDK_DEFAULT_REGION },
    bank: { url: bankUrl, secretName: bankSecretName },
    operator: { url: operatorUrl, secretName: operatorSecretName },
    ratesUrl,
    corsOrigins: corsOrigins?.split(/\s*,\s*/),
  });
  new ServiceStack(app, stage, new DataStack(app, stage));
} catch (error) {
  if (!(error instanceof StageRefused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
