// Where everything is stored.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { z } from 'zod';
import { firstBytes, faultOfPlace } from './places.ts';
import { defineSection, variable, wholeNumber } from './section.ts';
import type { Report } from './section.ts';

export interface DatabaseConfig {
  readonly databaseUrl: string;
  readonly databaseMigrationUrl: string;
  readonly databasePoolSize: number;
  readonly migrate: 'auto' | 'check';
}

const SQLITE_HEADER = 'SQLite format 3\u0000';

/** A start makes the file, and the folder that it lies in. */
function faultOfDatabaseFile(file: string): string | undefined {
  const fault = faultOfPlace(file);
  if (fault !== undefined) return `cannot be made or written (${fault})`;
  const header = firstBytes(file, SQLITE_HEADER.length);
  const isDatabase = header === undefined || header === '' || header === SQLITE_HEADER;
  return isDatabase ? undefined : 'is no SQLite database';
}

function faultOfFile(url: string): string | undefined {
  let file: string;
  try {
    file = url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
  } catch {
    return 'must name a file of this machine, such as file:/var/lib/gatehouse/gatehouse.sqlite';
  }
  if (file === '' || file === ':memory:') return 'must name a file, such as file:./data/gatehouse.sqlite';
  const fault = faultOfDatabaseFile(path.resolve(file));
  return fault === undefined ? undefined : `names ${file}, which ${fault}`;
}

/** pg reads the files of certificates that the URL names before it connects. */
function faultOfPostgres(url: string): string | undefined {
  const parsed = URL.parse(url) ?? URL.parse(url.replace('@/', '@localhost/')); // without a host: a socket
  if (parsed === null) return 'is not a valid address: percent-encode special characters in its password';
  try {
    return void new pg.Client({ connectionString: url });
  } catch (error) {
    const { code, path: file } = error as NodeJS.ErrnoException;
    return file === undefined ? 'has a parameter that cannot be read' : `names ${file}, which cannot be read (${code})`;
  }
}

/** Never with the URL in it: that holds a password. */
function faultOfDatabaseUrl(url: string): string | undefined {
  if (/^postgres(ql)?:\/\//.test(url)) return faultOfPostgres(url);
  return url.startsWith('file:') ? faultOfFile(url) : 'must begin with file: or postgres://';
}

const isFile = (url: string): boolean => url.startsWith('file:');

interface Given {
  DATABASE_URL?: string | undefined;
  DATABASE_MIGRATION_URL?: string | undefined;
}

function checkGiven(name: keyof Given, url: string | undefined, report: Report): void {
  const fault = url === undefined ? undefined : faultOfDatabaseUrl(url);
  if (fault !== undefined) report(`${name} ${fault}.`);
}

function readDatabaseUrls(given: Given, dataDir: string, report: Report) {
  const defaultFile = path.join(dataDir, 'gatehouse.sqlite');
  const databaseUrl = given.DATABASE_URL ?? `file:${defaultFile}`;
  const databaseMigrationUrl = given.DATABASE_MIGRATION_URL ?? databaseUrl;
  const fault = given.DATABASE_URL === undefined ? faultOfDatabaseFile(defaultFile) : undefined;
  if (fault !== undefined) report(`DATA_DIR: the database, ${defaultFile}, ${fault}.`);
  checkGiven('DATABASE_URL', given.DATABASE_URL, report);
  checkGiven('DATABASE_MIGRATION_URL', given.DATABASE_MIGRATION_URL, report);
  if (isFile(databaseUrl) ? databaseMigrationUrl !== databaseUrl : isFile(databaseMigrationUrl))
    report('DATABASE_MIGRATION_URL must be the same PostgreSQL database under another role; SQLite knows no roles.');
  return { databaseUrl, databaseMigrationUrl };
}

export const database = defineSection({
  variables: {
    DATABASE_URL: variable(z.string().optional(), {
      description: '`file:…` for SQLite, `postgres://…` for PostgreSQL.',
      default: '`file:DATA_DIR/gatehouse.sqlite`',
      secret: true,
    }),
    DATABASE_MIGRATION_URL: variable(z.string().optional(), {
      description:
        'Another role for migrations, which owns the tables and gives the role of `DATABASE_URL` what the server needs, and no more.',
      default: '`DATABASE_URL`',
      secret: true,
    }),
    DATABASE_POOL_SIZE: variable(wholeNumber(1, 200).prefault('10'), {
      description: 'Maximum number of connections to PostgreSQL.',
    }),
    MIGRATE: variable(z.enum(['auto', 'check'], 'must be auto or check').prefault('auto'), {
      description:
        '`auto` migrates at the start, under a lock, and prints the set-up link; `check` waits until `npm run cli -- migrate` has done both.',
    }),
  },
  read: (values, report, { dataDir }): DatabaseConfig => ({
    ...readDatabaseUrls(values, dataDir, report),
    databasePoolSize: values.DATABASE_POOL_SIZE,
    migrate: values.MIGRATE,
  }),
});
