// users …: who may sign in, and with which roles.
import type { Command } from 'commander';
import { onDatabase, operator, print } from './run.ts';

export function addUsers(program: Command): void {
  const users = program.command('users').description('accounts; a user is named by user name or e-mail address');
  users
    .command('disable <user>')
    .description('end all sessions at once and refuse sign-in')
    .action((user: string) =>
      onDatabase(async ({ userAdministration }) => {
        await userAdministration.disable(user, operator);
        print(`${user} is disabled: all sessions have ended, and sign-in is refused.`);
      }),
    );
  users
    .command('enable <user>')
    .description('allow sign-in again')
    .action((user: string) =>
      onDatabase(async ({ userAdministration }) => {
        await userAdministration.enable(user, operator);
        print(`${user} may sign in.`);
      }),
    );
  users
    .command('roles <user> [roles...]')
    .description('give exactly these roles (admin, user, guest), and remove all others')
    .action((user: string, roles: string[]) =>
      onDatabase(async ({ userAdministration }) => {
        await userAdministration.setRoles(user, roles, operator);
        print(
          roles.length === 0 ? `${user} has no role any more.` : `${user} has ${roles.join(', ')}, and nothing else.`,
        );
      }),
    );
}
