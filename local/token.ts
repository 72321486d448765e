import { signIn } from './api.ts';
import { command, Trouble } from './cli-error.ts';
import { readRunning } from './running.ts';

await command(async () => {
  const { api, admin, merchants } = await readRunning();
  const [, , username, given] = process.argv;
  if (username === undefined)
    throw new Trouble('Whose token? npm run --silent token -- <user> [password]');
  const known = [admin, ...merchants].find((user) => user.username === username);
  const password = given ?? known?.password;
  if (password === undefined) {
    throw new Trouble(
      `${username} is no demo user: npm run --silent token -- ${username} <password>`,
    );
  }
  process.stdout.write(`${await signIn(api, username, password)}\n`);
});
