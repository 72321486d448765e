import { command } from './cli-error.ts';
import { type LocalCloud, startCloud } from './cloud.ts';
import { stdoutReporter as report, step } from './reporter.ts';
import { prepareRunning, type User, writeRunning } from './running.ts';
import { DEMO_PASSWORD, seedDemo } from './seed.ts';
import { readSettings } from './settings.ts';

/** URLs, users, and commands for a first withdrawal. Each line can be pasted on its own. */
const welcome = (
  { api, bank, operator, cloud, admins }: LocalCloud,
  merchants: User[],
  seconds: string,
): string => `
Surety is running (${seconds} s). Ctrl-C stops it and deletes its data.

  API       ${api}
  Bank      ${bank}/payouts
  Operator  ${operator}/charges
  Cloud     ${cloud}
  Users     ${[...admins, ...merchants].map(({ username }) => username).join(', ')}; password ${DEMO_PASSWORD}

A withdrawal, in another terminal (a repeat with the same key returns the same withdrawal):

  API='${api}'
  TOKEN=$(npm run --silent token -- alice)
  curl -sw '\\n' "$API/me" -H "Authorization: Bearer $TOKEN"
  curl -sw '\\n' "$API/withdrawals" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: first-withdrawal' -d '{"amount":"25.00"}'
  curl -sw '\\n' "$API/withdrawals" -H "Authorization: Bearer $TOKEN"      # status SUCCEEDED within a second
  curl -sw '\\n' ${bank}/payouts                            # the payouts recorded by the bank
`;

/** On SIGTERM npm ends its shell without a signal to this process. Stops when the shell is gone. */
function stopWithNpm(): void {
  const { npm_lifecycle_event: script } = process.env;
  const parent = process.ppid;
  if (script === undefined) return;
  setInterval(() => process.ppid !== parent && process.exit(0), 500).unref();
}

await command(async () => {
  stopWithNpm();
  const start = performance.now();
  prepareRunning();
  report('Starting Surety on this machine (the first start also installs MiniStack).');
  const cloud = await startCloud(readSettings(), report);
  const merchants = await step(report, 'Demo merchants and pool created', seedDemo(cloud.api));
  const { api, bank, operator, cloud: url, admins, outputs } = cloud;
  writeRunning({ api, bank, operator, cloud: url, admins: [...admins], merchants, outputs });
  report(welcome(cloud, merchants, ((performance.now() - start) / 1_000).toFixed(1)));
  throw await cloud.ended;
});
