import { signIn } from './api.ts';
import { CliError, command } from './cli-error.ts';
import { readRunning } from './running.ts';

await command(async () => {
  const { api, admin, merchants } = await readRunning();
  const [, , username, given] = process.argv;
  if (username === undefined) {
    throw new CliError('Usage: npm run --silent token -- <user> [password]');
  }
  const demoUser = [admin, ...merchants].find((user) => user.username === username);
  const password = given ?? demoUser?.password;
  if (password === undefined) {
    throw new CliError(
      `${username} is not a demo user. Usage: npm run --silent token -- ${username} <password>`,
    );
  }
  process.stdout.write(`${await signIn(api, username, password)}\n`);
});
