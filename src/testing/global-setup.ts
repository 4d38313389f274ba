/**
 * Runs once around all tests of a run. It starts no database: `template-server.ts` does when a test wants one. At the end it
 * says which real parts the run has used.
 *
 * `TEST_POSTGRES_URL`, a superuser's URL, is used in place of the embedded PostgreSQL. With `CI=true` a missing
 * PostgreSQL fails the tests that need it; else they are left out and the run says so.
 */
import { existsSync, statfsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { describeParts, partsFileVariable, reportPart } from './parts.ts';
import { isPostgresInstalled, keepFolder } from './postgres.ts';
import { serveTemplates } from './template-server.ts';

/** What the tests need to get copies of the templates; `dialects.ts` does. */
export interface TestDatabases {
  /** A folder for SQLite files, removed after the run. */
  folder: string;
  /** Where the templates are asked for. */
  templates: string;
  /** Whether there should be a PostgreSQL: known before one is started. */
  hasPostgres: boolean;
}

declare module 'vitest' {
  interface ProvidedContext {
    testDatabases: TestDatabases;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(roomyFolder(), 'gatehouse-test-'));
  process.env[partsFileVariable] = join(folder, 'parts.jsonl');
  const keeper = keepFolder(folder);
  const given = process.env['TEST_POSTGRES_URL'];
  const isCi = process.env['CI'] === 'true';
  const templates = await serveTemplates({
    folder,
    startPostgres: given ? async () => given : keeper.startPostgres,
    mayLeaveOut: !given && !isCi,
    report: reportPart,
  });
  // A PostgreSQL that has to be there and is not fails its tests.
  const hasPostgres = Boolean(given) || isCi || isPostgresInstalled();
  project.provide('testDatabases', { folder, templates: templates.address, hasPostgres });

  return async function teardown() {
    await templates.close();
    process.stdout.write(`\n${describeParts()}\n`);
    await keeper.stop(); // removes the folder too, also when the run ends before it comes to this
  };
}

/** Memory, where there is plenty: a copy of the PostgreSQL template takes 30 ms there, 350 ms on a disk. */
function roomyFolder(): string {
  const memory = '/dev/shm'; // 64 MB in a container, too little, unless it was given more
  if (process.env['TMPDIR'] !== undefined || !existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 2 ** 31 ? memory : tmpdir();
}
