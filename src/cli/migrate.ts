// migrate: brings the database to this release.
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { describeSetupLink, needsCorrection } from '../composition/index.ts';
import type { Application } from '../composition/index.ts';
import type { Config } from '../config/index.ts';
import { asking, command, print, printError, removeLinkFile, withApplication } from './run.ts';

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

export function addMigrate(program: Command): void {
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
          print(
            `There is no administrator yet, and an earlier set-up link is still valid. To replace it: "${command} admin setup".`,
          );
        if (link === undefined) return;
        removeLinkFile(config);
        print(describeSetupLink(link, `"${command} admin setup"`));
      }),
    );
}
