import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import BetterSqlite from 'better-sqlite3';
import { CompiledQuery, Kysely, SqliteDialect, SqliteDriver, type DatabaseConnection, type Transaction } from 'kysely';
import { appendOnlySqlite } from './append-only.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { isBusy } from './faults.ts';
import { refuseWrites } from './refuse-writes.ts';
import type { Tables } from './schema.ts';
import { createTurns } from './turns.ts';

/** Earlier versions can corrupt a WAL database that several connections write (sqlite.org/wal.html, "WAL-reset bug"). */
const oldestVersion = [3, 51, 3] as const;

/** SQLite's own wait is synchronous: while it waits, the whole process stands still. */
const busyTimeoutMillis = 50;

/** A migration waits this long for another process that is migrating. */
const migrationWaitMillis = 600_000;

/** Opens (and creates, mode 600) the file; one connection writes, another one reads. */
export async function openSqlite(settings: EngineSettings): Promise<Engine> {
  const path = pathOf(settings.url);
  createFile(path);
  const writer = connect(path);
  const reader = connect(path);
  reader.pragma('query_only = ON');
  const write = new Kysely<Tables>({ dialect: immediateDialect(writer), log: settings.onStatement });
  const read = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: reader }),
    log: settings.onStatement,
  }).withPlugin(refuseWrites);
  const transact = createTransact(write);

  return {
    dialect: 'sqlite',
    read,
    transaction: (run) => transact(run, settings.timeouts.lockMillis),
    exclusively: (_name, run) => transact(run, migrationWaitMillis),
    lock: async () => {}, // the write transaction is the lock
    announce: async () => {}, // other processes see data_version move
    check: createVersionCheck(writer, settings),
    appendOnly: appendOnlySqlite,
    grant: async () => [],
    hasTable: async (name) =>
      reader.prepare("select 1 from sqlite_schema where type = 'table' and name = ?").get(name) !== undefined,
    ping: async () => void reader.prepare('select count(*) from sqlite_schema').get(),
    integrityCheck: async () => integrityCheck(reader),
    close: async () => {
      // Kysely closes only what it has used; closing twice is harmless.
      await Promise.all([write.destroy(), read.destroy()]);
      reader.close();
      writer.close();
    },
  };
}

/** `file:./relative`, `file:/absolute` or `file:///absolute` */
function pathOf(url: string): string {
  const path = url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
  if (path === '' || path === ':memory:') throw new Error('the database URL must name a file: file:./data/app.sqlite');
  return resolve(path);
}

/** Born with mode 600; SQLite gives the -wal and -shm files the mode of the database file. */
function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
}

function connect(path: string): BetterSqlite.Database {
  const database = new BetterSqlite(path, { timeout: busyTimeoutMillis });
  assertVersion(String(database.prepare('select sqlite_version()').pluck().get()));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL'); // NORMAL may lose acknowledged commits when the power fails
  database.pragma('foreign_keys = ON');
  database.pragma('recursive_triggers = ON'); // else INSERT OR REPLACE deletes past the append-only triggers
  return database;
}

/** Throws on a version older than the oldest safe one. */
export function assertVersion(version: string): void {
  const parts = version.split('.').map(Number);
  const firstDifferent = oldestVersion.findIndex((part, index) => parts[index] !== part);
  const older = firstDifferent >= 0 && (parts[firstDifferent] ?? 0) < (oldestVersion[firstDifferent] ?? 0);
  if (older) throw new Error(`SQLite ${version} is older than ${oldestVersion.join('.')}`);
}

/** Takes the write lock at once: a transaction that read first and wrote later would fail with SQLITE_BUSY_SNAPSHOT. */
class ImmediateDriver extends SqliteDriver {
  readonly #database: BetterSqlite.Database;

  constructor(database: BetterSqlite.Database) {
    super({ database });
    this.#database = database;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // Whoever waits here waits outside of SQLite (createTransact), where the event loop goes on.
    this.#database.pragma('busy_timeout = 0');
    try {
      await connection.executeQuery(CompiledQuery.raw('begin immediate'));
    } finally {
      this.#database.pragma(`busy_timeout = ${busyTimeoutMillis}`);
    }
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // SQLite has already rolled back by itself after some errors (disk full, I/O).
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}

function immediateDialect(database: BetterSqlite.Database): SqliteDialect {
  const dialect = new SqliteDialect({ database });
  dialect.createDriver = () => new ImmediateDriver(database);
  return dialect;
}

/** Writers of this process take turns; other processes are waited for by asking again, never by blocking. */
function createTransact(write: Kysely<Tables>) {
  const turns = createTurns();
  return async function transact<T>(run: (query: Transaction<Tables>) => Promise<T>, waitMillis: number): Promise<T> {
    const deadline = performance.now() + waitMillis;
    const endTurn = await turns.take(waitMillis);
    try {
      for (;;) {
        let begun = false;
        try {
          return await write.transaction().execute((query) => {
            begun = true;
            return run(query);
          });
        } catch (error) {
          if (begun || !isBusy(error) || performance.now() >= deadline) throw error;
          await delay(2 + Math.random() * 18); // spread, so that several processes do not ask in step
        }
      }
    } finally {
      endTurn();
    }
  };
}

/**
 * `data_version` moves when another connection has committed; on the writer that can only be another process, since
 * all writes of this one pass through it. Asking costs several system calls (20 µs), so all who ask in one turn of the
 * event loop share an answer: a request that came after a commit elsewhere is read in a later turn.
 */
function createVersionCheck(writer: BetterSqlite.Database, settings: EngineSettings): () => boolean {
  const version = writer.prepare('pragma data_version').pluck();
  let seen: unknown;
  let answer: boolean | undefined;
  try {
    seen = version.get();
  } catch {
    // busy in this instant: the first check tells '*'
  }
  function ask(): boolean {
    try {
      const now = version.get();
      if (now !== seen) {
        seen = now;
        settings.onChange('*');
      }
      return true;
    } catch (error) {
      if (writer.open) settings.log.warn({ err: error }, 'could not read data_version; caches are not used');
      return false;
    }
  }
  return () => {
    if (answer === undefined) {
      answer = ask();
      setImmediate(() => {
        answer = undefined;
      });
    }
    return answer;
  };
}

function integrityCheck(reader: BetterSqlite.Database): string[] {
  try {
    const found = reader.prepare('pragma integrity_check').pluck().all().map(String);
    const orphans = reader.prepare('pragma foreign_key_check').all() as { table: string; parent: string }[];
    return [
      ...found.filter((line) => line !== 'ok'),
      ...orphans.map(({ table, parent }) => `a row of ${table} names a missing row of ${parent}`),
    ];
  } catch (error) {
    // Some damage keeps the check itself from running.
    if (error instanceof BetterSqlite.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code))
      return [error.message];
    throw error;
  }
}
