// What every command stands on: what it prints, the configuration, and the application without a server.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { createApplication, describeDatabase, explainDatabaseFault, startFaults } from '../composition/index.ts';
import type { Application } from '../composition/index.ts';
import { operatorCommand, readConfig } from '../config/index.ts';
import type { Config } from '../config/index.ts';
import { createLog } from '../log.ts';

/** Said to the operator as it is, without a stack. */
export class CommandError extends Error {}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printError = (text: string): void => void process.stderr.write(`gatehouse: ${text}\n`);

/** Who is recorded as the actor. */
export const operator = { type: 'system' } as const;

/** How this command is called here, for what people are told to do. */
export const command = operatorCommand(process.env);

export function configuration(): Config {
  const { config, warnings } = readConfig(process.env);
  for (const warning of warnings) printError(warning);
  return config;
}

type Act = (application: Application, config: Config) => Promise<void>;

/** Runs what asks the database that this variable names; its faults are said as such. */
export async function asking<T>(url: string, variable: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const isOurs = error instanceof CommandError || (error instanceof Error && error.name === 'Problem');
    const words = isOurs ? undefined : (startFaults(error) ?? explainDatabaseFault(error, url, variable));
    throw words === undefined ? error : new CommandError(words, { cause: error });
  }
}

/** Runs an act on an application that does not listen, and closes it. */
export async function withApplication(act: Act): Promise<void> {
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
export async function onDatabase(act: Act): Promise<void> {
  await withApplication(async (application, config) => {
    if ((await application.database.pendingMigrations()).length > 0)
      throw new CommandError(
        `${describeDatabase(config.databaseUrl)} lacks tables of this release. If it is the right database, start the server or run "${command} migrate".`,
      );
    await act(application, config);
  });
}

/** What lies in the file of the set-up link is worthless from now on. */
export function removeLinkFile({ dataDir }: Config): void {
  const file = path.join(dataDir, 'setup-link');
  try {
    rmSync(file, { force: true });
  } catch {
    printError(`${file} cannot be removed; the link in it is void.`);
  }
}
