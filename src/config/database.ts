// Where everything is stored.
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { z } from 'zod';
import { faultBeside, faultOfPlace, firstBytes, READ_AND_WRITE } from './places.ts';
import { defineSection, variable, wholeNumber } from './section.ts';
import type { Basis, Report } from './section.ts';

export interface DatabaseConfig {
  readonly databaseUrl: string;
  readonly databaseMigrationUrl: string;
  readonly databasePoolSize: number;
  readonly migrate: 'auto' | 'check';
}

const SQLITE_HEADER = 'SQLite format 3\u0000';

/** A start makes the file, the folder that it lies in, and two files beside it. */
function faultOfDatabaseFile(file: string): string | undefined {
  const beside = [`${file}-wal`, `${file}-shm`].map((each) => faultOfPlace(each, READ_AND_WRITE));
  const fault = faultOfPlace(file, READ_AND_WRITE) ?? faultBeside(file) ?? beside.find((each) => each !== undefined);
  if (fault !== undefined) return `cannot be made or written, or what lies beside it cannot (${fault})`;
  const header = firstBytes(file, SQLITE_HEADER.length);
  const isDatabase = header === undefined || header === '' || header === SQLITE_HEADER;
  return isDatabase ? undefined : 'is not an SQLite database';
}

/** Undefined for what is no file of this machine. */
function fileOf(url: string): string | undefined {
  try {
    return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
  } catch {
    return undefined;
  }
}

function faultOfFileUrl(url: string): string | undefined {
  const file = fileOf(url);
  if (file === undefined) return 'must name a file of this machine, such as file:/var/lib/gatehouse/gatehouse.sqlite';
  if (file === '' || file === ':memory:') return 'must name a file, such as file:./data/gatehouse.sqlite';
  return file.includes('?') ? 'must name a file alone, without parameters' : undefined;
}

const SSL_MODES = new Set(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify']);

function faultOfPostgresUrl(url: string): string | undefined {
  const parsed = URL.parse(url) ?? URL.parse(url.replace('@/', '@localhost/')); // without a host: a socket
  if (parsed === null) return 'is not a valid address: percent-encode special characters in its password';
  const mode = parsed.searchParams.get('sslmode');
  return mode === null || SSL_MODES.has(mode)
    ? undefined
    : `has an sslmode that is none of ${[...SSL_MODES].join(', ')}`;
}

/** Never with the URL in it: that holds a password. */
function faultOfUrl(url: string): string | undefined {
  if (isPostgres(url)) return faultOfPostgresUrl(url);
  return isFile(url) ? faultOfFileUrl(url) : 'must begin with file: or postgres://';
}

/** pg reads the certificates that the URL names before it connects, and OpenSSL once the server has answered. */
function faultOfCertificates(url: string): string | undefined {
  try {
    const { ssl } = new pg.Client({ connectionString: url }) as unknown as { ssl?: SecureContextOptions | boolean };
    if (typeof ssl === 'object') createSecureContext(ssl);
    return undefined;
  } catch (error) {
    const { code, path: file } = error as NodeJS.ErrnoException;
    return file === undefined
      ? `names a certificate or a key that cannot be used (${code})`
      : `names ${file}, which cannot be read (${code})`;
  }
}

const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//.test(url);
const isFile = (url: string): boolean => url.startsWith('file:');

interface Given {
  DATABASE_URL?: string | undefined;
  DATABASE_MIGRATION_URL?: string | undefined;
}

const defaultFile = (dataDir: string): string => path.join(dataDir, 'gatehouse.sqlite');

function readDatabaseUrls(given: Given, dataDir: string, report: Report) {
  const databaseUrl = given.DATABASE_URL ?? `file:${defaultFile(dataDir)}`;
  const databaseMigrationUrl = given.DATABASE_MIGRATION_URL ?? databaseUrl;
  for (const name of ['DATABASE_URL', 'DATABASE_MIGRATION_URL'] as const) {
    const fault = given[name] === undefined ? undefined : faultOfUrl(given[name]);
    if (fault !== undefined) report(`${name} ${fault}.`);
  }
  if (isFile(databaseUrl) ? databaseMigrationUrl !== databaseUrl : isFile(databaseMigrationUrl))
    report('DATABASE_MIGRATION_URL must be the same PostgreSQL database under another role; SQLite knows no roles.');
  return { databaseUrl, databaseMigrationUrl };
}

function probeFile(url: string, dataDir: string, report: Report): void {
  const file = fileOf(url) ?? '';
  const fault = faultOfDatabaseFile(path.resolve(file));
  if (fault === undefined) return;
  if (file === defaultFile(dataDir)) report(`DATA_DIR: the database, ${file}, ${fault}.`);
  else report(`DATABASE_URL names ${file}, which ${fault}.`);
}

function probeDatabase(config: DatabaseConfig & Basis, report: Report): void {
  const { databaseUrl: url, databaseMigrationUrl: other, dataDir } = config;
  if (isFile(url) && faultOfUrl(url) === undefined) return probeFile(url, dataDir, report);
  const named = { DATABASE_URL: url, ...(other !== url && { DATABASE_MIGRATION_URL: other }) };
  for (const [name, each] of Object.entries(named)) {
    const fault = isPostgres(each) && faultOfUrl(each) === undefined ? faultOfCertificates(each) : undefined;
    if (fault !== undefined) report(`${name} ${fault}.`);
  }
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
  probe: probeDatabase,
});
