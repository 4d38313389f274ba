// The operator's command. Same composition root as the server; works while the server runs, which learns of it at once.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createApplication,
  describeDatabase,
  describeSetupLink,
  explainDatabaseFault,
  needsCorrection,
  startFaults,
} from '../composition/index.ts';
import type { Application } from '../composition/index.ts';
import { addLimitCommands } from './limits.ts';
import { CommandError } from './server.ts';
import { examine } from './doctor.ts';
import { ConfigError, configurationTable, readConfig } from '../config/index.ts';
import type { Config } from '../config/index.ts';
import { operatorCommand } from '../config/environment.ts';
import { createLog } from '../log.ts';

const EXIT_CONFIG = 78;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printError = (text: string): void => void process.stderr.write(`gatehouse: ${text}\n`);

const operator = { type: 'system' } as const;

const command = operatorCommand(process.env);

function configuration(): Config {
  const { config, warnings } = readConfig(process.env);
  for (const warning of warnings) printError(warning);
  return config;
}

type Act = (application: Application, config: Config) => Promise<void>;

/** Runs what asks the database that this variable names; its faults are said as such. */
async function asking<T>(url: string, variable: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const isOurs = error instanceof CommandError || (error instanceof Error && error.name === 'Problem');
    const words = isOurs ? undefined : (startFaults(error) ?? explainDatabaseFault(error, url, variable));
    throw words === undefined ? error : new CommandError(words, { cause: error });
  }
}

/** Runs an act on an application that does not listen, and closes it. */
async function withApplication(act: Act): Promise<void> {
  const config = configuration();
  await asking(config.databaseUrl, 'DATABASE_URL', () => runApplication(act, config));
}

async function runApplication(act: Act, config: Config): Promise<void> {
  const application = await createApplication({
    config,
    // An outage is said in one line, at the end.
    log: createLog({ level: 'error', destination: { write: (line) => void process.stderr.write(line) } }),
    version: '',
    command,
    hashConcurrency: 1,
  });
  try {
    await act(application, config);
  } finally {
    await application.close();
  }
}

/** For what needs the tables. Where they are not there, the variables most often name another database than was meant. */
async function onDatabase(act: Act): Promise<void> {
  await withApplication(async (application, config) => {
    if ((await application.database.pendingMigrations()).length > 0)
      throw new CommandError(
        `${describeDatabase(config.databaseUrl)} lacks tables of this release. If it is the right database, start the server or run "${command} migrate".`,
      );
    await act(application, config);
  });
}

const MIGRATE_PATIENCE_MS = 10_000;
const MIGRATE_RETRY_MS = 500;

/** Where everything starts at once, the database may come a little later. */
async function migratePatiently(application: Application, config: Config): ReturnType<Application['migrate']> {
  const { databaseUrl, databaseMigrationUrl: url } = config;
  const variable = url === databaseUrl ? 'DATABASE_URL' : 'DATABASE_MIGRATION_URL';
  const deadline = performance.now() + MIGRATE_PATIENCE_MS;
  for (;;) {
    try {
      return await asking(url, variable, () => application.migrate());
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (needsCorrection(cause) || performance.now() > deadline) throw error;
      await delay(MIGRATE_RETRY_MS);
    }
  }
}

/** What lies in the file of the set-up link is worthless from now on. */
function removeLinkFile({ dataDir }: Config): void {
  const file = path.join(dataDir, 'setup-link');
  try {
    rmSync(file, { force: true });
  } catch {
    printError(`${file} cannot be removed; the link in it is void.`);
  }
}

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

const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

function addConfigCommands(program: Command): void {
  const config = program.command('config').description('look at the configuration');
  config
    .command('check')
    .description('say what is wrong with the environment, all at once')
    .action(() => {
      const read = configuration();
      print(`The configuration is valid: ${read.mode} mode, ${read.publicUrl}, ${describeDatabase(read.databaseUrl)}.`);
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

function addUserCommands(program: Command): void {
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
    .description('give exactly these roles (admin, user, guest), and take all others')
    .action((user: string, roles: string[]) =>
      onDatabase(async ({ userAdministration }) => {
        await userAdministration.setRoles(user, roles, operator);
        print(
          roles.length === 0 ? `${user} has no role any more.` : `${user} has ${roles.join(', ')}, and nothing else.`,
        );
      }),
    );
}

function createProgram(): Command {
  const program = new Command('gatehouse')
    .description('Gatehouse: operate this installation')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'gatehouse: ')) });
  program
    .command('migrate')
    .description(
      'bring the database to this release, and print the link for the first administrator where there is none',
    )
    .action(() =>
      withApplication(async (application, config) => {
        const { applied, warnings } = await migratePatiently(application, config);
        for (const warning of warnings) printError(`${warning}.`);
        print(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
        const { link, isStillGood } = await application.setup.administrator.createFirstLink();
        if (isStillGood)
          print(`There is no administrator yet, but a link that makes one. A new one: "${command} admin setup".`);
        if (link === undefined) return;
        removeLinkFile(config);
        print(describeSetupLink(link, `"${command} admin setup"`));
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
  program
    .command('doctor')
    .description('examine the configuration, the database, Redis and the running server, and say what to change')
    .action(async () => {
      if (!(await examine({ env: process.env, command, print }))) process.exitCode = 1;
    });
  addConfigCommands(program);
  addKeyCommands(program);
  addUserCommands(program);
  addLimitCommands(program, { print, target: () => ({ config: configuration(), now: Date.now() }) });
  return program;
}

/** In words, for what the operator can mend; undefined for a fault of the code, whose stack is wanted. */
function explain(error: unknown): string | undefined {
  if (error instanceof CommandError || error instanceof ConfigError) return error.message;
  return error instanceof Error && error.name === 'Problem' ? error.message : undefined; // a rule refused
}

try {
  await createProgram().parseAsync();
} catch (error) {
  const known = explain(error);
  if (known === undefined) throw error;
  printError(known);
  process.exitCode = error instanceof ConfigError ? EXIT_CONFIG : 1;
}
