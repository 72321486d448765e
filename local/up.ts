import { command } from './cli-error.ts';
import { type LocalCloud, startCloud } from './cloud.ts';
import { type Say, step } from './reporter.ts';
import { type User, writeRunning } from './running.ts';
import { seedDemo } from './seed.ts';
import { readSettings } from './settings.ts';

const say: Say = (line) => {
  process.stdout.write(`${line}\n`);
};

/** Everything a reader needs to see money move: to be pasted line by line. */
const welcome = (
  { api, bank, cloud, admin }: LocalCloud,
  merchants: User[],
  seconds: string,
): string => `
Surety is running (${seconds} s). Ctrl-C stops all of it; nothing is kept.

  API    ${api}
  Bank   ${bank}/payouts
  Cloud  ${cloud}
  Users  ${[admin, ...merchants].map(({ username }) => username).join(', ')}; password ${admin.password}

A withdrawal, in another terminal (sent twice under one key, it is made once):

  API='${api}'
  TOKEN=$(npm run --silent token -- alice)
  curl -sw '\\n' "$API/me" -H "Authorization: Bearer $TOKEN"
  curl -sw '\\n' "$API/withdrawals" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: first-withdrawal' -d '{"amount":"25.00"}'
  curl -sw '\\n' "$API/withdrawals" -H "Authorization: Bearer $TOKEN"      # its status: SUCCEEDED in a second
  curl -sw '\\n' ${bank}/payouts                            # the bank's own ledger
`;

/** On SIGTERM npm ends its shell, which does not tell us: when that is gone, we stop too. */
function stopWithNpm(): void {
  const { npm_lifecycle_event: script } = process.env;
  const parent = process.ppid;
  if (script === undefined) return;
  setInterval(() => process.ppid !== parent && process.exit(0), 500).unref();
}

await command(async () => {
  stopWithNpm();
  const from = performance.now();
  say('Starting Surety on this machine (the first start also installs MiniStack).');
  const cloud = await startCloud(readSettings(), say);
  const merchants = await step(say, 'Demo merchants and pool created', seedDemo(cloud.api));
  const { api, bank, cloud: url, admin, outputs } = cloud;
  writeRunning({ api, bank, cloud: url, admin, merchants, outputs });
  say(welcome(cloud, merchants, ((performance.now() - from) / 1_000).toFixed(1)));
  throw await cloud.ended;
});
