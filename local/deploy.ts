import { cdk } from './cdk.ts';
import { makeWorkFolder } from './cleanup.ts';
import { command } from './cli-error.ts';
import { readRunning } from './running.ts';
import { readSettings } from './settings.ts';

await command(async () => {
  const from = performance.now();
  const { bank, cloud } = await readRunning();
  const { synth, deploy } = cdk(makeWorkFolder().path);
  await synth(readSettings().SURETY_BANK_URL ?? bank);
  await deploy(cloud);
  const seconds = ((performance.now() - from) / 1_000).toFixed(1);
  process.stdout.write(`Changed code is live (${seconds} s): the next call runs it.\n`);
});
