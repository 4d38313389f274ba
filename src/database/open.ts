import type { Kysely } from 'kysely';
import { createListeners, type Changes } from './changes.ts';
import { openEngine } from './dialects.ts';
import type { DatabaseLog, Timeouts } from './engine.ts';
import { applyMigrations, findPending } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import type { Tables } from './schema.ts';
import { createTransaction, type RunTransaction } from './transaction.ts';

export { describeDatabase, explainDatabaseFault, needsCorrection } from './explain.ts';
export { isUnavailable, uniqueViolation } from './faults.ts';
export { GrantError } from './grants.ts';
export type { Changes } from './changes.ts';
export type { DatabaseLog, Timeouts } from './engine.ts';
export type { Tables } from './schema.ts';
export type { Tx } from './transaction.ts';

/** One open database, SQLite or PostgreSQL. Whoever holds it need not know which. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** For reads outside a transaction; on SQLite they never wait for a running one. Refuses to write. */
  readonly read: Kysely<Tables>;
  /** All writes go through here; see `RunTransaction`. */
  readonly transaction: RunTransaction;
  readonly changes: Changes;
  /** Statements that were answered or refused since it was opened. */
  readonly statementCount: number;
  /** Rejects, within 2 s, unless the database answers and takes writes. */
  ping(): Promise<void>;
  /** Names of the migrations this release knows and the database lacks; ready means none. Later ones are fine. */
  pendingMigrations(): Promise<string[]>;
  /**
   * Applies them; safe in any number of processes at once. Resolves with the names this process applied.
   * @param options `grantTo`: the URL of the server's own role, which is given what a server needs and no more; `onExcess`
   * is told, in words, what it may do beyond that
   * @throws GrantError
   */
  migrate(options?: { grantTo: string; onExcess: (excess: string[]) => void }): Promise<string[]>;
  /** What the database finds wrong with itself, a line each; reads all of it and blocks meanwhile on SQLite. */
  integrityCheck(): Promise<string[]>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `file:./data/gatehouse.sqlite` or `postgres://user:password@host/database?sslmode=verify-full` */
  url: string;
  /** PostgreSQL: most connections at a time (default 10); one more listens for changes. */
  poolSize?: number;
  timeouts?: Partial<Timeouts>;
  log?: DatabaseLog;
  /** Also told what is logged as an error: failures of after-commit acts and change listeners. */
  onUnexpectedError?: (error: unknown) => void;
  /** Milliseconds since the epoch; dates applied migrations. */
  now?: () => number;
}

const defaultTimeouts: Timeouts = {
  connectMillis: 1_500,
  statementMillis: 10_000,
  lockMillis: 5_000,
  idleInTransactionMillis: 30_000,
};

const silent: DatabaseLog = { info() {}, warn() {}, error() {} };

/**
 * Opens the database the URL names; creates the SQLite file and its folder. It applies no migration. A PostgreSQL that
 * is away does not make it fail: ask `ping`. Throws on a URL of another kind, a file that cannot be opened, and a
 * SQLite too old to be safe.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, poolSize = 10, log = silent, onUnexpectedError, now = Date.now } = options;
  const report = (error: unknown, message: string) => {
    log.error({ err: error }, message);
    onUnexpectedError?.(error);
  };
  const listeners = createListeners(report);
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  let statementCount = 0;
  const onStatement = () => void (statementCount += 1);
  const engine = await openEngine({ url, poolSize, timeouts, log, onChange: listeners.tell, onStatement });
  return {
    get statementCount() {
      return statementCount;
    },
    dialect: engine.dialect,
    read: engine.read,
    transaction: createTransaction({ engine, tell: listeners.tell, report }),
    changes: { subscribe: listeners.subscribe, check: engine.check },
    ping: engine.ping,
    pendingMigrations: () => findPending(engine, migrations),
    migrate: (options) =>
      applyMigrations(engine, migrations, {
        now,
        grant: options && (async (query) => options.onExcess(await engine.grant(query, options.grantTo))),
      }),
    integrityCheck: engine.integrityCheck,
    close: engine.close,
  };
}
