import { signIn } from './api.ts';
import { CliError, command } from './cli-error.ts';
import { readRunning, type User } from './running.ts';

await command(async () => {
  const { api, admins, merchants } = await readRunning();
  const [, , username, given] = process.argv;
  if (username === undefined) {
    throw new CliError('Usage: npm run --silent token -- <user> [password]');
  }
  const isDemo = (user: User): boolean => user.username === username;
  const password = given ?? [...admins, ...merchants].find(isDemo)?.password;
  if (password === undefined) {
    throw new CliError(
      `${username} is not a demo user. Usage: npm run --silent token -- ${username} <password>`,
    );
  }
  const address = admins.some(isDemo) ? `${api}/admin` : api;
  process.stdout.write(`${await signIn(address, { username, password })}\n`);
});
