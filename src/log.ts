// JSON lines on standard output: one event a line, UTC, never a secret.
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger } from 'pino';

/** Where a whole value is too long to be useful, and long enough to hide something or fill a disk. */
const LONGEST_VALUE = 2048;

/** The last line of defence: bodies and headers are never logged, whatever these names hold. */
const secretNames = new Set([
  'password',
  'currentPassword',
  'newPassword',
  'accessToken',
  'refreshToken',
  'secret',
  'authorization',
  'cookie',
]);

// JSON.stringify leaves these as they are: line separators, DEL and C1 (some terminals act on them), bidi controls.
// oxlint-disable-next-line no-control-regex
const UNSAFE_IN_A_LINE = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Shortens a text for the log; says that it did. */
export function cut(text: string): string {
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)`;
}

/**
 * Redacts and cuts what a line is made of, three levels deep; returns the object itself where nothing had to change. By hand,
 * since pino's own redaction with wildcards took a tenth of a whole request.
 */
function clean(object: Record<string, unknown>, depth = 0): Record<string, unknown> {
  let cleaned: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(object)) {
    const safe = cleanValue(name, value, depth);
    if (safe !== value) (cleaned ??= { ...object })[name] = safe;
  }
  return cleaned ?? object;
}

function cleanValue(name: string, value: unknown, depth: number): unknown {
  if (secretNames.has(name)) return '[redacted]';
  if (typeof value === 'string') return cut(value);
  if (depth < 2 && isPlainObject(value)) return clean(value, depth + 1);
  return value;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

interface LoggedError {
  type: string;
  message: string;
  code?: unknown;
  stack?: string;
  cause?: LoggedError;
}

/** Type, message, code, stack and cause; none of the other members, which may hold a query's parameters. */
function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: cut(String(error)) };
  return {
    type: error.name,
    message: cut(error.message),
    ...('code' in error && { code: error.code }),
    ...(error.stack !== undefined && { stack: cut(error.stack) }),
    ...(error.cause !== undefined && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  };
}

export interface LogOptions {
  level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  destination?: DestinationStream;
}

/**
 * Lines are written asynchronously. When standard output cannot take them (a full disk, a stuck pipe), at most 4 MiB wait and
 * later lines are dropped: logging never blocks or ends the service.
 */
export function createLog(options: LogOptions): Logger {
  const destination = options.destination ?? pino.destination({ fd: 1, sync: false, maxLength: 4 * 1024 * 1024 });
  // A broken pipe is not worth a crash either.
  if ('on' in destination && typeof destination.on === 'function') destination.on('error', () => {});
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (object) => clean(object) },
      serializers: { err: (error: unknown) => describeError(error) },
      hooks: { streamWrite: (line) => line.replace(UNSAFE_IN_A_LINE, escapeCharacter) },
    },
    destination,
  );
}
