/**
 * Every test that touches a database runs on both:
 *
 *     describeEachDatabase('users', ({ open }) => {
 *       it('…', async () => {
 *         const database = await open(); // migrated, empty, this test's own; closed and dropped after the test
 *       });
 *     });
 *
 * Tests that start a whole application want the URL instead: `describeDatabases('users', ({ freshUrl }) => …)`.
 *
 * A database is started when the first test of a run wants one; see `template-server.ts`.
 */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, inject, it } from 'vitest';
import { openDatabase, type Database, type DatabaseOptions } from '../database/open.ts';
import { reportPart } from './parts.ts';
import type { Templates } from './template-server.ts';
import type { PostgresTemplate } from './templates.ts';

export interface TestDatabase {
  name: 'sqlite' | 'postgres';
  /** A database of its own, migrated (`empty: true`: not even that). `drop` removes it, also while it is in use. */
  freshUrl(options?: { empty?: boolean }): Promise<{ url: string; drop(): Promise<void> }>;
  /** Starts it where nobody has yet. The reason where it does not start, and its tests are to be left out. */
  reasonToLeaveOut(): Promise<string | undefined>;
}

const { folder, templates, hasPostgres } = inject('testDatabases');

/** Asks for a template once a worker; the first worker's question makes it. */
function templateOf<Name extends keyof Templates>(name: Name): () => Promise<Templates[Name]> {
  let answer: Promise<Templates[Name]> | undefined;
  const ask = async (): Promise<Templates[Name]> => {
    const response = await fetch(templates + name);
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as Templates[Name];
  };
  return () => (answer ??= ask());
}

const sqliteTemplate = templateOf('sqlite');
const postgresTemplate = templateOf('postgres');

const sqlite: TestDatabase = {
  name: 'sqlite',
  async freshUrl({ empty = false } = {}) {
    const own = await mkdtemp(join(folder, 'database-'));
    const path = join(own, 'test.sqlite');
    if (!empty) await copyFile((await sqliteTemplate()).path, path);
    return { url: `file:${path}`, drop: () => rm(own, { recursive: true, force: true }) };
  },
  reasonToLeaveOut: async () => undefined,
};

const postgres: TestDatabase = {
  name: 'postgres',
  async freshUrl({ empty = false } = {}) {
    const { url, template, prefix } = await runningPostgres();
    const name = prefix + randomUUID().replaceAll('-', '');
    await administer(url, `create database ${name} template ${empty ? 'template0' : template}`);
    return {
      url: Object.assign(new URL(url), { pathname: `/${name}` }).href,
      drop: () => administer(url, `drop database if exists ${name} with (force)`),
    };
  },
  async reasonToLeaveOut() {
    const made = await postgresTemplate();
    return 'leftOut' in made ? made.leftOut : undefined;
  },
};

async function runningPostgres(): Promise<PostgresTemplate> {
  const made = await postgresTemplate();
  if ('leftOut' in made) throw new Error(made.leftOut);
  return made;
}

/** The databases there are: SQLite always, PostgreSQL unless the run has none. */
export const databases: readonly TestDatabase[] = hasPostgres ? [sqlite, postgres] : [sqlite];

export interface DatabaseKit extends TestDatabase {
  /** Opens a fresh database, or with `url` the same one once more; closed after the test. */
  open(options?: Partial<DatabaseOptions>): Promise<Database>;
}

/** `describe` once for each database; says so where PostgreSQL is left out. `only` is for what one of the two alone has. */
export function describeDatabases(
  title: string,
  tests: (database: TestDatabase) => void,
  only?: TestDatabase['name'],
): void {
  for (const database of databases.filter(({ name }) => !only || name === only)) {
    describe(`${title} (${database.name})`, () => {
      beforeEach(async ({ skip }) => {
        const reason = await database.reasonToLeaveOut();
        if (reason !== undefined) skip(`LEFT OUT, ${reason}`);
      });
      tests(database);
    });
  }
  if (!hasPostgres && only !== 'sqlite') {
    reportPart('PostgreSQL', undefined);
    describe.skip(`${title} (postgres: LEFT OUT, there is none)`, () => it('needs PostgreSQL', () => {}));
  }
}

/** As `describeDatabases`; what `open` and `freshUrl` gave is closed and dropped after each test. */
export function describeEachDatabase(
  title: string,
  tests: (kit: DatabaseKit) => void,
  only?: TestDatabase['name'],
): void {
  const withKit = (database: TestDatabase): void => {
    const undo: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const act of undo.splice(0).toReversed()) await act();
    });
    const freshUrl: TestDatabase['freshUrl'] = async (options) => {
      const fresh = await database.freshUrl(options);
      undo.push(fresh.drop);
      return fresh;
    };
    const open: DatabaseKit['open'] = async (options = {}) => {
      const opened = await openDatabase({ ...options, url: options.url ?? (await freshUrl()).url });
      undo.push(opened.close);
      return opened;
    };
    tests({ ...database, freshUrl, open });
  };
  describeDatabases(title, withKit, only);
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
