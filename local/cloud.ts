import { apiAddress } from './api.ts';
import { type Bank, startBank } from './bank/server.ts';
import { cdk, type Outputs } from './cdk.ts';
import { makeWorkFolder } from './cleanup.ts';
import type { Trouble } from './cli-error.ts';
import { type Emulator, foreignCloud, freePort, portTaken, startMiniStack } from './ministack.ts';
import { ensurePython, pythonIsReady } from './python.ts';
import { type Say, step } from './reporter.ts';
import { ADMIN, createAdmin } from './seed.ts';
import type { Settings } from './settings.ts';

export type LocalCloud = {
  readonly api: string;
  readonly bank: string;
  readonly cloud: string;
  readonly outputs: Outputs;
  readonly admin: typeof ADMIN;
  /** For files of this run: it goes when the run goes. */
  readonly folder: string;
  readonly ended: Promise<Trouble>;
  close(): Promise<void>;
};

async function openBank({
  SURETY_BANK_PORT: port,
  SURETY_BANK_HOST: host,
}: Settings): Promise<Bank> {
  try {
    return await startBank({ port, host });
  } catch {
    throw portTaken(port, 'SURETY_BANK_PORT');
  }
}

async function openCloud(settings: Settings, work: string, say: Say): Promise<Emulator> {
  const { LOCAL_CLOUD_URL: foreign, SURETY_CLOUD_PORT: port } = settings;
  if (foreign !== undefined) return foreignCloud(foreign);
  if ((await freePort(port)) === 'taken') throw portTaken(port, 'SURETY_CLOUD_PORT');
  if (!pythonIsReady()) await step(say, 'Python environment .venv made', ensurePython());
  return step(say, 'MiniStack started', startMiniStack(port, work));
}

/**
 * A cloud with the app in it: MiniStack (or LOCAL_CLOUD_URL), bank simulator, `cdk deploy`, admin.
 * What does not wait for anything else runs at the same time: synth beside pip and bootstrap.
 * If it fails, what was started goes when this process does.
 */
export async function startCloud(settings: Settings, say: Say): Promise<LocalCloud> {
  const work = makeWorkFolder();
  const bank = await openBank(settings);
  const { synth, bootstrap, deploy } = cdk(work.path);

  const synthesise = async (): Promise<void> =>
    step(say, 'CDK app synthesised', synth(settings.SURETY_BANK_URL ?? bank.url));
  const open = async (): Promise<Emulator> => {
    const emulator = await openCloud(settings, work.path, say);
    await step(say, 'Account bootstrapped', bootstrap(emulator.url));
    return emulator;
  };
  const [emulator] = await Promise.all([open(), synthesise()]);

  const { url: cloud, ended } = emulator;
  const outputs = await step(say, 'Stacks deployed', deploy(cloud));
  await createAdmin(cloud, outputs);
  return {
    api: apiAddress(cloud, outputs.ApiId),
    bank: bank.url,
    cloud,
    outputs,
    admin: ADMIN,
    folder: work.path,
    ended,
    async close() {
      emulator.end();
      await bank.close();
      work.remove();
    },
  };
}
