import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from './processes.ts';
import { BIN, ROOT } from './settings.ts';

/** What the service stack tells about itself. */
export const outputs = z.object({
  ApiId: z.string(),
  LedgerTableName: z.string(),
  IdempotencyTableName: z.string(),
  UserPoolId: z.string(),
  UserPoolClientId: z.string(),
  SettlementQueueUrl: z.string(),
  SettlementDlqUrl: z.string(),
  DueQueueUrl: z.string(),
  ScheduleGroupName: z.string(),
  SettleFunctionName: z.string(),
  SweepFunctionName: z.string(),
  BankSecretName: z.string(),
});
export type Outputs = z.infer<typeof outputs>;
const outputsFile = z.object({ 'surety-local-service': outputs });

export const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
/** The emulators' root. Real credentials have no business here, so none are looked up. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

export type Cdk = {
  synth(bankUrl: string): Promise<void>;
  bootstrap(cloud: string): Promise<void>;
  deploy(cloud: string): Promise<Outputs>;
};

/** The CDK commands of one run: output, cache and assets lie in its work folder, so that two runs never meet. */
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
    // Nobody asks the network for an account: without this, synth may wait for an EC2 address.
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  const call = (
    args: string[],
    more: NodeJS.ProcessEnv,
    orElse: string,
    cwd = ROOT,
  ): Promise<void> =>
    run({
      program: join(BIN, 'cdk'),
      args: [...args, '--no-notices'],
      env: { ...clean, ...more },
      cwd,
      orElse,
    });
  const against = (cloud: string): NodeJS.ProcessEnv => ({
    AWS_ENDPOINT_URL: cloud,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  });

  return {
    synth: (bankUrl) =>
      call(
        ['synth', '--quiet', '--context', 'stage=local', '--output', app],
        { SURETY_BANK_URL: bankUrl },
        'The CDK app could not be synthesised: the lines above say why.',
      ),
    bootstrap: (cloud) =>
      call(
        ['bootstrap', `aws://${ACCOUNT}/${REGION}`],
        against(cloud),
        `cdk bootstrap failed against ${cloud}: the lines above say why.`,
        // Away from cdk.json: beside it, bootstrap would synthesise the app once more, into cdk.out.
        work,
      ),
    async deploy(cloud) {
      const unattended = ['--require-approval', 'never', '--outputs-file', outputsPath];
      await call(
        ['deploy', '--all', '--app', app, '--method', 'direct', ...unattended],
        against(cloud),
        `cdk deploy failed against ${cloud}: the lines above say why.`,
      );
      const found = outputsFile.parse(JSON.parse(await readFile(outputsPath, 'utf8')));
      return found['surety-local-service'];
    },
  };
}
