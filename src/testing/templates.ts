/** One migrated template of each database, made when a test first wants a copy. */
import { join } from 'node:path';
import pg from 'pg';
import { openDatabase } from '../database/open.ts';

/** What a test needs to make a database of its own from the template. */
export interface PostgresTemplate {
  /** A superuser's URL of the maintenance database. */
  url: string;
  template: string;
  /** Of every database of this run, which are dropped at its end. */
  prefix: string;
}

/** @returns the path of the template */
export async function makeSqliteTemplate(folder: string): Promise<string> {
  const path = join(folder, 'template.sqlite');
  await migrate(`file:${path}`);
  return path;
}

/** @param url of a superuser */
export async function makePostgresTemplate(url: string): Promise<PostgresTemplate> {
  const prefix = `gatehouse_test_${process.pid}_${Date.now().toString(36)}_`; // several runs can share a server
  const template = `${prefix}template`;
  await administer(url, `create database ${template}`);
  await migrate(Object.assign(new URL(url), { pathname: `/${template}` }).href);
  return { url, template, prefix };
}

export async function dropAll({ url, prefix }: PostgresTemplate): Promise<void> {
  const left = await administer<{ datname: string }>(
    url,
    `select datname from pg_database where datname like '${prefix}%'`,
  );
  for (const { datname } of left) await administer(url, `drop database if exists ${datname} with (force)`);
}

export async function postgresVersion(url: string): Promise<string | undefined> {
  const [row] = await administer<{ server_version: string }>(url, 'show server_version');
  return row?.server_version;
}

async function migrate(url: string): Promise<void> {
  const database = await openDatabase({ url });
  await database.migrate();
  await database.close();
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
