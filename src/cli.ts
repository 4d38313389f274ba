// The operator's command. Same composition root as the server; works while the server runs, which learns of it at once.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { createApplication, startFaults } from './application.ts';
import type { Application } from './application.ts';
import { ConfigError, configurationTable, readConfig } from './config.ts';
import type { Config } from './config.ts';
import { createLog } from './log.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printError = (text: string): void => void process.stderr.write(`gatehouse: ${text}\n`);

const operator = { type: 'system' } as const;

/** Runs an act on an application that does not listen, and closes it. */
async function withApplication(act: (application: Application, config: Config) => Promise<void>): Promise<void> {
  const { config } = readConfig(process.env);
  const application = await createApplication({
    config,
    log: createLog({ level: 'warn' }),
    version: '',
    hashConcurrency: 1,
  });
  try {
    await act(application, config);
  } finally {
    await application.close();
  }
}

async function printLink(purpose: 'first-administrator' | 'recovery'): Promise<void> {
  await withApplication(async ({ setup }, config) => {
    const link = await setup.createLink(purpose);
    const file = path.join(config.dataDir, 'setup-link');
    if (link === undefined) {
      rmSync(file, { force: true });
      throw new CommandError('there is an administrator already; "cli admin recover" makes another one.');
    }
    writeFileSync(file, `${link}\n`, { mode: 0o600 });
    print(
      `Open this link to make an administrator (valid for 30 minutes, works once; earlier links are void):\n\n  ${link}\n`,
    );
  });
}

/** Said to the operator as it is, without a stack. */
class CommandError extends Error {}

const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

function addConfigCommands(program: Command): void {
  const config = program.command('config').description('look at the configuration');
  config
    .command('check')
    .description('say what is wrong with the environment, all at once')
    .action(() => {
      const { config: read, warnings } = readConfig(process.env);
      for (const warning of warnings) printError(warning);
      print(
        `The configuration is valid: ${read.mode} mode, ${read.publicUrl}, ${read.databaseUrl.split(':')[0]} database.`,
      );
    });
  config
    .command('table')
    .description('print every variable as a Markdown table')
    .action(() => print(configurationTable()));
}

function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('the keys that sign access tokens');
  keys
    .command('list')
    .description('list them, without their secrets')
    .action(() =>
      withApplication(async ({ signingKeys }) => {
        for (const { kid, state, created_at } of await signingKeys.list())
          print(`${kid}  ${state.padEnd(8)}  made ${day(created_at)}`);
      }),
    );
  keys
    .command('rotate')
    .description('sign with the next key from now on; nobody is signed out')
    .action(() =>
      withApplication(async ({ signingKeys }) => print(`Signing with ${await signingKeys.rotate(operator)} now.`)),
    );
  keys
    .command('revoke <kid>')
    .description('refuse everything that this key signed, at once (it was stolen); sessions go on')
    .action((kid: string) =>
      withApplication(async ({ signingKeys }) => {
        if ((await signingKeys.revoke(kid, operator)).length === 0)
          throw new CommandError(`there is no key ${kid} to revoke.`);
        print(`${kid} is revoked.`);
      }),
    );
  keys
    .command('reset')
    .description('revoke all keys and make new ones, after APP_SECRET was lost: everyone has to sign in again')
    .action(() =>
      withApplication(async ({ signingKeys }) =>
        print(`${(await signingKeys.reset(operator)).length} keys revoked, two new ones made.`),
      ),
    );
}

function addUserCommands(program: Command): void {
  const users = program.command('users').description('accounts; a user is named by user name or e-mail address');
  users
    .command('disable <user>')
    .description('end all sessions at once and refuse sign-in')
    .action((user: string) => withApplication(({ userAdministration }) => userAdministration.disable(user, operator)));
  users
    .command('enable <user>')
    .description('allow sign-in again')
    .action((user: string) => withApplication(({ userAdministration }) => userAdministration.enable(user, operator)));
  users
    .command('roles <user> [roles...]')
    .description('give exactly these roles (admin, user, guest)')
    .action((user: string, roles: string[]) =>
      withApplication(({ userAdministration }) => userAdministration.setRoles(user, roles, operator)),
    );
}

function createProgram(): Command {
  const program = new Command('gatehouse').description('Gatehouse: operate this installation');
  program
    .command('migrate')
    .description('bring the database to this release')
    .action(() =>
      withApplication(async (application) => {
        const applied = await application.migrate();
        print(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
      }),
    );
  const admin = program.command('admin').description('administrators');
  admin
    .command('setup')
    .description('print a new link that makes the first administrator')
    .action(() => printLink('first-administrator'));
  admin
    .command('recover')
    .description('print a link that makes another administrator, when nobody can sign in as one')
    .action(() => printLink('recovery'));
  addConfigCommands(program);
  addKeyCommands(program);
  addUserCommands(program);
  return program;
}

try {
  await createProgram().parseAsync();
} catch (error) {
  const known = error instanceof CommandError || error instanceof ConfigError ? error.message : startFaults(error);
  if (known === undefined) throw error;
  printError(known);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
}
