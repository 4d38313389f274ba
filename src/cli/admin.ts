// admin …: links that make an administrator.
import type { Command } from 'commander';
import { command, CommandError, onDatabase, print, removeLinkFile } from './run.ts';

async function printLink(purpose: 'first-administrator' | 'recovery'): Promise<void> {
  await onDatabase(async ({ setup }, config) => {
    const link = await setup.createLink(purpose);
    removeLinkFile(config);
    if (link === undefined)
      throw new CommandError(
        `there is an administrator already. If nobody can sign in as one, "${command} admin recover" makes another.`,
      );
    print(
      `Open this link to make an administrator:\n\n  ${link}\n\nIt works once, for 30 minutes; earlier links are void.`,
    );
  });
}

export function addAdmin(program: Command): void {
  const admin = program.command('admin').description('administrators');
  admin
    .command('setup')
    .description('print a new link that makes the first administrator')
    .action(() => printLink('first-administrator'));
  admin
    .command('recover')
    .description('print a link that makes another administrator, when nobody can sign in as one')
    .action(() => printLink('recovery'));
}
