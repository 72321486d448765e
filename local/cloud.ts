import { apiAddress } from './api.ts';
import { type Bank, operatorOf, startBank } from './bank/server.ts';
import { cdk, type Outputs } from './cdk.ts';
import { makeWorkFolder } from './cleanup.ts';
import type { CliError } from './cli-error.ts';
import {
  type Emulator,
  externalCloud,
  freePort,
  isPortTaken,
  portTaken,
  startMiniStack,
} from './ministack.ts';
import { ensurePython, LOCAL_CLOUD, pythonIsReady } from './python.ts';
import { type Reporter, step } from './reporter.ts';
import type { User } from './running.ts';
import { ADMINS, createAdmins } from './seed.ts';
import type { Settings } from './settings.ts';

export type LocalCloud = {
  readonly api: string;
  readonly bank: string;
  readonly operator: string;
  readonly cloud: string;
  readonly outputs: Outputs;
  readonly admins: readonly User[];
  /** For files of this run. Removed when the run ends. */
  readonly folder: string;
  readonly ended: Promise<CliError>;
  close(): Promise<void>;
};

/** The addresses of the simulators as functions reach them. */
export function reachable({ SURETY_BANK_URL: fromFunctions }: Settings, bankUrl: string) {
  const bank = fromFunctions ?? bankUrl;
  return { bank, operator: operatorOf(bank) };
}

async function openBank({
  SURETY_BANK_PORT: port,
  SURETY_BANK_HOST: host,
}: Settings): Promise<Bank> {
  try {
    return await startBank({ port, host });
  } catch (error) {
    throw isPortTaken(error) ? portTaken(port, 'SURETY_BANK_PORT') : error;
  }
}

async function openCloud(settings: Settings, work: string, report: Reporter): Promise<Emulator> {
  const { LOCAL_CLOUD_URL: external, SURETY_CLOUD_PORT: port } = settings;
  if (external !== undefined) return externalCloud(external);
  if ((await freePort(port)) === 'taken') throw portTaken(port, 'SURETY_CLOUD_PORT');
  if (!pythonIsReady(LOCAL_CLOUD)) {
    await step(report, 'Python environment .venv created', ensurePython(LOCAL_CLOUD));
  }
  return step(report, 'MiniStack started', startMiniStack(port, work));
}

/**
 * Starts a cloud (MiniStack or LOCAL_CLOUD_URL) and the simulator of bank and operator, deploys the app and creates
 * two admins. Synthesis runs in parallel with pip and bootstrap. If a step fails, everything that was
 * started ends when this process exits.
 */
export async function startCloud(settings: Settings, report: Reporter): Promise<LocalCloud> {
  const work = makeWorkFolder();
  const bank = await openBank(settings);
  const { synth, bootstrap, deploy } = cdk(work.path);

  const synthesize = async (): Promise<void> =>
    step(report, 'CDK app synthesized', synth(reachable(settings, bank.url)));
  const open = async (): Promise<Emulator> => {
    const emulator = await openCloud(settings, work.path, report);
    await step(report, 'Account bootstrapped', bootstrap(emulator.url));
    return emulator;
  };
  const [emulator] = await Promise.all([open(), synthesize()]);

  const { url: cloud, ended } = emulator;
  const outputs = await step(report, 'Stacks deployed', deploy(cloud));
  await createAdmins(cloud, outputs);
  return {
    api: apiAddress(cloud, outputs.ApiId),
    bank: bank.url,
    operator: bank.operatorUrl,
    cloud,
    outputs,
    admins: ADMINS,
    folder: work.path,
    ended,
    async close() {
      emulator.stop();
      await bank.close();
      work.remove();
    },
  };
}
