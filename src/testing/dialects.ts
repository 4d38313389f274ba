/**
 * Every test that touches a database runs on both:
 *
 *     describeEachDatabase('users', ({ open }) => {
 *       it('…', async () => {
 *         const database = await open(); // migrated, empty, this test's own; closed and dropped after the test
 *       });
 *     });
 *
 * Tests that start a whole application want the URL instead: `for (const { name, freshUrl } of databases) …`.
 */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, inject, it } from 'vitest';
import { openDatabase, type Database, type DatabaseOptions } from '../database/open.ts';

export interface TestDatabase {
  name: 'sqlite' | 'postgres';
  /** A database of its own, migrated (`empty: true`: not even that). `drop` removes it, also while it is in use. */
  freshUrl(options?: { empty?: boolean }): Promise<{ url: string; drop(): Promise<void> }>;
}

const { folder, postgres } = inject('testDatabases');

const sqlite: TestDatabase = {
  name: 'sqlite',
  async freshUrl({ empty = false } = {}) {
    const own = await mkdtemp(join(folder, 'database-'));
    const path = join(own, 'test.sqlite');
    if (!empty) await copyFile(join(folder, 'template.sqlite'), path);
    return { url: `file:${path}`, drop: () => rm(own, { recursive: true, force: true }) };
  },
};

/** The databases there are: SQLite always, PostgreSQL unless the run has none. */
export const databases: readonly TestDatabase[] = postgres ? [sqlite, postgresAt(postgres)] : [sqlite];

export interface DatabaseKit extends TestDatabase {
  /** Opens a fresh database, or with `url` the same one once more; closed after the test. */
  open(options?: Partial<DatabaseOptions>): Promise<Database>;
}

/**
 * `describe` once for each database; what `open` and `freshUrl` gave is closed and dropped after each test.
 * `only` is for what one of the two alone has.
 */
export function describeEachDatabase(
  title: string,
  tests: (kit: DatabaseKit) => void,
  only?: TestDatabase['name'],
): void {
  for (const database of databases.filter(({ name }) => !only || name === only)) {
    describe(`${title} (${database.name})`, () => {
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
      tests({ name: database.name, freshUrl, open });
    });
  }
  if (!postgres && only !== 'sqlite') {
    describe.skip(`${title} (postgres: LEFT OUT, there is none)`, () => it('needs PostgreSQL', () => {}));
  }
}

function postgresAt({ url, template, prefix }: NonNullable<typeof postgres>): TestDatabase {
  return {
    name: 'postgres',
    async freshUrl({ empty = false } = {}) {
      const name = prefix + randomUUID().replaceAll('-', '');
      await administer(url, `create database ${name} template ${empty ? 'template0' : template}`);
      return {
        url: Object.assign(new URL(url), { pathname: `/${name}` }).href,
        drop: () => administer(url, `drop database if exists ${name} with (force)`),
      };
    },
  };
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
