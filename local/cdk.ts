import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from './processes.ts';
import { BIN, ROOT } from './settings.ts';

/** The outputs of the service stack that local commands and tests use. */
export const outputs = z.object({
  ApiId: z.string(),
  LedgerTableName: z.string(),
  IdempotencyTableName: z.string(),
  MerchantPoolId: z.string(),
  MerchantPoolClientId: z.string(),
  AdminPoolId: z.string(),
  AdminPoolClientId: z.string(),
  PayoutQueueUrl: z.string(),
  PoolQueueUrl: z.string(),
  BusyQueueUrl: z.string(),
  PayoutDlqUrl: z.string(),
  ScheduleQueueUrl: z.string(),
  ScheduleGroupName: z.string(),
  SettleFunctionName: z.string(),
  RecoverFunctionName: z.string(),
  BankSecretName: z.string(),
  OperatorSecretName: z.string(),
});
export type Outputs = z.infer<typeof outputs>;
const outputsFile = z.object({ 'surety-local-service': outputs });

export const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
/** The root credentials of the emulator. Real credentials are never read. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

export type Cdk = {
  /** With the addresses of the providers as functions reach them. */
  synth(urls: { readonly bank: string; readonly operator: string }): Promise<void>;
  bootstrap(cloud: string): Promise<void>;
  deploy(cloud: string): Promise<Outputs>;
};

/** The CDK commands of one run. Output, cache and assets stay in its own work folder. */
export function cdk(work: string): Cdk {
  const app = join(work, 'app');
  const outputsPath = join(work, 'outputs.json');
  const { PATH = '', HOME = work } = process.env;
  const clean = {
    PATH: `${BIN}:${PATH}`,
    HOME,
    CDK_HOME: join(work, 'cdk'),
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    // Otherwise synth can wait for the EC2 metadata service when it looks for an account.
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  const runCdk = (
    args: string[],
    env: NodeJS.ProcessEnv,
    failureMessage: string,
    cwd = ROOT,
  ): Promise<void> =>
    run({
      program: join(BIN, 'cdk'),
      args: [...args, '--no-notices'],
      env: { ...clean, ...env },
      cwd,
      failureMessage,
    });
  const accessTo = (cloud: string): NodeJS.ProcessEnv => ({
    AWS_ENDPOINT_URL: cloud,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  });

  return {
    synth: ({ bank, operator }) =>
      runCdk(
        ['synth', '--quiet', '--context', 'stage=local', '--output', app],
        { SURETY_BANK_URL: bank, SURETY_OPERATOR_URL: operator },
        'cdk synth failed. See the output above.',
      ),
    bootstrap: (cloud) =>
      runCdk(
        ['bootstrap', `aws://${ACCOUNT}/${REGION}`],
        accessTo(cloud),
        `cdk bootstrap failed against ${cloud}. See the output above.`,
        // Not in the folder of cdk.json: there, bootstrap synthesizes the app again into cdk.out.
        work,
      ),
    async deploy(cloud) {
      const unattended = ['--require-approval', 'never', '--outputs-file', outputsPath];
      await runCdk(
        ['deploy', '--all', '--app', app, '--method', 'direct', ...unattended],
        accessTo(cloud),
        `cdk deploy failed against ${cloud}. See the output above.`,
      );
      const found = outputsFile.parse(JSON.parse(await readFile(outputsPath, 'utf8')));
      return found['surety-local-service'];
    },
  };
}
