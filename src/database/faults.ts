/**
 * What an error of either database means. Errors are told apart by their codes (SQLSTATE, SQLite's extended codes,
 * system errors); by their text only where the drivers give no code.
 */

/** SQLSTATE of conflicts that vanish when the whole transaction runs again. */
const retriable = new Set(['40001', '40P01']);

/** SQLSTATE: cancelled by a time-out, lock time-out, read-only server, session ended for idling, I/O error. */
const unavailableStates = new Set(['57014', '55P03', '25006', '25P03', '25P04', '58030', ...retriable]);

/**
 * SQLSTATE classes: connection (08), wrong role or password (28), no such database (3D), resources such as too many connections (53),
 * shut down or starting up (57P). The server's own password is never the caller's fault, and may be put right while we run.
 */
const unavailableClass = /^(08|28|3D|53|57P)/;

const unavailableSqlite = /^SQLITE_(BUSY|LOCKED|IOERR|FULL|CANTOPEN|READONLY)/;

const unavailableSystem = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
]);

/** pg and pg-pool raise these without a code. */
const unavailableTexts = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/,
  /^timeout expired$/,
  /is not queryable$/,
  /^Query read timeout$/,
  /^Cannot use a pool after calling end on the pool$/,
  /^driver has already been destroyed$/,
  /^Postgres connection has been discarded$/,
];

/** Raised by this folder where the database cannot be used now; `isUnavailable` knows it by its code. */
export function unavailable(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code: 'GATEHOUSE_DATABASE_UNAVAILABLE' });
}

/**
 * Whether this error says that the database cannot be used now and may be later: the answer is 503, not 500. Looks
 * through `cause` and aggregated errors.
 */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (code === undefined && unavailableTexts.some((text) => text.test(error.message))) return true;
  if (code !== undefined && isUnavailableCode(code)) return true;
  if (error instanceof AggregateError && error.errors.some(isUnavailable)) return true;
  return error.cause !== undefined && error.cause !== error && isUnavailable(error.cause);
}

function isUnavailableCode(code: string): boolean {
  return (
    code === 'GATEHOUSE_DATABASE_UNAVAILABLE' ||
    unavailableSystem.has(code) ||
    unavailableStates.has(code) ||
    unavailableClass.test(code) ||
    unavailableSqlite.test(code)
  );
}

/** Whether running the whole transaction again may succeed (PostgreSQL: serialization failure, deadlock). */
export function isRetriable(error: unknown): boolean {
  return retriable.has(codeOf(error) ?? '');
}

/** Whether SQLite found the write lock taken. */
export function isBusy(error: unknown): boolean {
  return codeOf(error)?.startsWith('SQLITE_BUSY') === true;
}

/**
 * Which unique column an insert or update collided with, alike on both databases: `users.username`; with several
 * columns `user_roles.user_id,role`. Undefined for any other error. Catch it around `transaction()`, not inside: on
 * PostgreSQL the failed statement has ended the transaction.
 */
export function uniqueViolation(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  if (code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') return sqliteColumns(error);
  if (code === '23505') return postgresColumns(error);
  return undefined;
}

/** `UNIQUE constraint failed: user_roles.user_id, user_roles.role` */
function sqliteColumns(error: Error): string {
  const columns = error.message.slice(error.message.indexOf(': ') + 2).split(', ');
  const table = columns[0]?.split('.')[0] ?? '';
  return `${table}.${columns.map((column) => column.slice(table.length + 1)).join(',')}`;
}

/** Table from the error's fields, columns from its detail: `Key (user_id, role)=(…) already exists.` */
function postgresColumns(error: Error): string {
  const { table, detail, constraint } = error as Error & { table?: string; detail?: string; constraint?: string };
  const columns = /\(([^)]+)\)=\(/.exec(detail ?? '')?.[1];
  return `${table ?? ''}.${columns?.replaceAll(', ', ',') ?? constraint ?? ''}`;
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
