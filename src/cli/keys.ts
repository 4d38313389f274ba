// keys …: the keys that sign access tokens.
import type { Command } from 'commander';
import { command, CommandError, onDatabase, operator, print } from './run.ts';

const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('the keys that sign access tokens');
  keys
    .command('list')
    .description('list them, without their secrets')
    .action(() =>
      onDatabase(async ({ signingKeys }) => {
        const all = await signingKeys.list();
        if (all.length === 0) print('There are no keys yet: the server makes them when it starts.');
        for (const { kid, state, created_at } of all) print(`${kid}  ${state.padEnd(8)}  made ${day(created_at)}`);
      }),
    );
  keys
    .command('rotate')
    .description('sign with the next key from now on; nobody is signed out')
    .action(() =>
      onDatabase(async ({ signingKeys }) => {
        print(`Signing with ${await signingKeys.rotate(operator)} now.`);
      }),
    );
  keys
    .command('revoke <kid>')
    .description('refuse everything that this key signed, at once (it was stolen); sessions go on')
    .helpOption(false)
    .allowUnknownOption() // the name of a key may begin with a hyphen
    .action((kid: string) =>
      onDatabase(async ({ signingKeys }) => {
        if ((await signingKeys.revoke(kid, operator)).length === 0)
          throw new CommandError(`there is no key ${kid} to revoke; "${command} keys list" shows them.`);
        print(`${kid} is revoked: access tokens it signed are refused, sessions go on.`);
      }),
    );
  keys
    .command('reset')
    .description('revoke all keys and make new ones, after APP_SECRET was lost: everyone has to sign in again')
    .action(() =>
      onDatabase(async ({ signingKeys }) => {
        const revoked = await signingKeys.reset(operator);
        if (revoked.length === 0)
          throw new CommandError('there are no keys to reset: the server makes them when it starts.');
        print(
          `${revoked.length} keys revoked, two new ones made. Restart every server that runs with another APP_SECRET.`,
        );
      }),
    );
}
