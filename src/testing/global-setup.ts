/**
 * Runs once around all tests of a run: starts the real parts, makes one migrated template of each database (every test
 * gets a copy), and says at the end which real parts the run has used.
 *
 * `TEST_POSTGRES_URL`, a superuser's URL, is used in place of the embedded PostgreSQL. With `CI=true` a missing
 * PostgreSQL fails the run; else its suites are left out and the run says so.
 */
import { appendFileSync, existsSync, readFileSync, statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../database/open.ts';
import { startPostgres, type PostgresServer } from './postgres.ts';

/** What the tests need to copy the templates; `dialects.ts` does. */
export interface TestDatabases {
  /** A folder for SQLite files, removed after the run; `template.sqlite` is in it. */
  folder: string;
  /** Absent where there is no PostgreSQL. */
  postgres?: { url: string; template: string; prefix: string };
}

declare module 'vitest' {
  interface ProvidedContext {
    testDatabases: TestDatabases;
  }
}

/** Where every process of the run notes the real parts it has met. */
const partsFileVariable = 'GATEHOUSE_TEST_PARTS_FILE';

/** Notes, from any test or set-up, that a real part (Redis, Chromium) is used, or (no version) was looked for in vain. */
export function reportPart(name: string, version: string | undefined): void {
  const file = process.env[partsFileVariable];
  if (file) appendFileSync(file, `${JSON.stringify({ name, version })}\n`);
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(roomyFolder(), 'gatehouse-test-'));
  process.env[partsFileVariable] = join(folder, 'parts.jsonl');
  reportPart('SQLite', sqliteVersion());
  const server = await findPostgres(folder);
  await migrateTemplate(`file:${join(folder, 'template.sqlite')}`);
  const postgres = server && { url: server.url, ...templateNames() };
  if (postgres) await makeTemplate(postgres);
  project.provide('testDatabases', { folder, ...(postgres && { postgres }) });

  return async function teardown() {
    if (postgres) await dropAll(postgres.url, postgres.prefix);
    process.stdout.write(`\n${describeParts()}\n`);
    await server?.stop(); // its keeper removes the folder too, also when the run ends before it comes to this
    await rm(folder, { recursive: true, force: true });
  };
}

/** Memory, where there is plenty: a copy of the PostgreSQL template takes 30 ms there, 350 ms on a disk. */
function roomyFolder(): string {
  const memory = '/dev/shm'; // 64 MB in a container, too little, unless it was given more
  if (process.env['TMPDIR'] !== undefined || !existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 2 ** 31 ? memory : tmpdir();
}

async function findPostgres(folder: string): Promise<PostgresServer | undefined> {
  const given = process.env['TEST_POSTGRES_URL'];
  try {
    const server = given ? { url: given, stop: async () => {} } : await startPostgres(folder);
    const [row] = await administer<{ server_version: string }>(server.url, 'show server_version');
    reportPart('PostgreSQL', row?.server_version);
    return server;
  } catch (error) {
    reportPart('PostgreSQL', undefined);
    const reason = `no PostgreSQL to test against (${given ? 'TEST_POSTGRES_URL' : 'embedded'})`;
    if (given || process.env['CI'] === 'true') throw new Error(reason, { cause: error });
    process.stderr.write(`\n${reason}: its suites are LEFT OUT\n${error instanceof Error ? error.message : ''}\n\n`);
    return undefined;
  }
}

/** Names of this run's own, so that several runs can share a server. */
function templateNames(): { prefix: string; template: string } {
  const prefix = `gatehouse_test_${process.pid}_${Date.now().toString(36)}_`;
  return { prefix, template: `${prefix}template` };
}

async function makeTemplate({ url, template }: { url: string; template: string }): Promise<void> {
  await administer(url, `create database ${template}`);
  await migrateTemplate(Object.assign(new URL(url), { pathname: `/${template}` }).href);
}

async function migrateTemplate(url: string): Promise<void> {
  const database = await openDatabase({ url });
  await database.migrate();
  await database.close();
}

async function dropAll(url: string, prefix: string): Promise<void> {
  const left = await administer<{ datname: string }>(
    url,
    `select datname from pg_database where datname like '${prefix}%'`,
  );
  for (const { datname } of left) await administer(url, `drop database if exists ${datname} with (force)`);
}

async function administer<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

function sqliteVersion(): string {
  const database = new BetterSqlite(':memory:');
  const version = String(database.prepare('select sqlite_version()').pluck().get());
  database.close();
  return version;
}

function describeParts(): string {
  const file = process.env[partsFileVariable] ?? '';
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const parts = new Map(
    lines
      .map((line) => JSON.parse(line) as { name: string; version?: string })
      .map(({ name, version }) => [name, version]),
  );
  const used = [...parts].filter(([, version]) => version !== undefined).map(([name, version]) => `${name} ${version}`);
  const missing = [...parts].filter(([, version]) => version === undefined).map(([name]) => name);
  return `Real parts used: ${used.join(', ')}; not found: ${missing.join(', ') || 'none'}`;
}
