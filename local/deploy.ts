import { cdk } from './cdk.ts';
import { makeWorkFolder } from './cleanup.ts';
import { command } from './cli-error.ts';
import { reachable } from './cloud.ts';
import { readRunning } from './running.ts';
import { readSettings } from './settings.ts';

await command(async () => {
  const start = performance.now();
  const { bank, cloud } = await readRunning();
  const { synth, deploy } = cdk(makeWorkFolder().path);
  await synth(reachable(readSettings(), bank));
  await deploy(cloud);
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  process.stdout.write(`Deployed in ${seconds} s. The next request runs the new code.\n`);
});
