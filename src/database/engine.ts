import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** Everything in which the two databases differ; `dialects.ts` says which answer is used. */
export interface Engine {
  readonly dialect: 'sqlite' | 'postgres';
  /** For reads outside a transaction; refuses to write. */
  readonly read: Kysely<Tables>;
  /** Runs `run` in one write transaction; it may run more than once, each time from the start. */
  transaction<T>(run: (query: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** As `transaction`, alone among all that name the same lock, waiting minutes for it: for migrations. */
  exclusively<T>(name: string, run: (query: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Holds a lock of this name until the transaction ends. */
  lock(query: Transaction<Tables>, name: string): Promise<void>;
  /** Tells the other processes a topic, if and when the transaction commits. */
  announce(query: Transaction<Tables>, topic: string): Promise<void>;
  /** Whether no change of another process is missed just now; see `Changes.check`. */
  check(): boolean;
  /** Makes the triggers that refuse DELETE, and any UPDATE but one that fills all columns of `fillOnce` from NULL. */
  appendOnly(query: Transaction<Tables>, table: string, fillOnce: readonly string[]): Promise<void>;
  /**
   * Gives the role that the URL names the rights a server needs on the tables there are, and takes what is more.
   * Resolves with what could not be taken, in words. SQLite knows no roles.
   */
  grant(query: Transaction<Tables>, url: string): Promise<string[]>;
  hasTable(name: string): Promise<boolean>;
  ping(): Promise<void>;
  /** What the database finds wrong with itself; empty when nothing. Can take minutes. */
  integrityCheck(): Promise<string[]>;
  close(): Promise<void>;
}

/** What an engine needs of its surroundings. */
export interface EngineSettings {
  url: string;
  /** PostgreSQL: most connections at a time, the one that listens for changes not counted. */
  poolSize: number;
  timeouts: Timeouts;
  log: DatabaseLog;
  /** Called with `'*'` or a topic when another process changed something. */
  onChange: (topic: string) => void;
  /** Called when a statement, also `begin` and `commit`, has been answered or refused. */
  onStatement: () => void;
}

/** All in milliseconds. */
export interface Timeouts {
  /** How long a caller waits for a connection (PostgreSQL). */
  connectMillis: number;
  /** How long one statement may run (PostgreSQL). */
  statementMillis: number;
  /** How long a statement waits for a row or table lock (PostgreSQL), a transaction for the write lock (SQLite). */
  lockMillis: number;
  /** How long a transaction may sit without a statement (PostgreSQL). */
  idleInTransactionMillis: number;
}

/** The part of a pino logger that this folder uses. */
export interface DatabaseLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
