// JSON lines on standard output: one event a line, UTC, never a secret.
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger } from 'pino';

/** Where a whole value is too long to be useful, and long enough to hide something or fill a disk. */
const LONGEST_VALUE = 2048;

/** The last line of defence: bodies and headers are never logged, whatever these names hold. */
const secretNames = new Set([
  ...['password', 'currentPassword', 'newPassword', 'passwordHash', 'password_hash'],
  ...['token', 'accessToken', 'refreshToken', 'apiKey', 'secret', 'appSecret', 'setupLink', 'link'],
  ...['authorization', 'Authorization', 'cookie', 'Cookie', 'set-cookie', 'Set-Cookie', 'x-api-key', 'X-API-Key'],
]);

/** pino writes nothing that lies deeper. */
const DEEPEST_LEVEL = 5;

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

type Named = Record<string, unknown>;

/**
 * Redacts and cuts what a line is made of, at every level; returns the object itself where nothing had to change. By hand,
 * since pino's own redaction with wildcards took a tenth of a whole request.
 */
function clean(object: Named, depth = 0): Named {
  let cleaned: Named | undefined;
  for (const [name, value] of Object.entries(object)) {
    const safe = secretNames.has(name) ? '[redacted]' : cleanValue(value, depth);
    if (safe !== value) (cleaned ??= { ...object })[name] = safe;
  }
  return cleaned ?? object;
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value);
  if (depth >= DEEPEST_LEVEL) return '[deeper]';
  if (Array.isArray(value)) return value.map((entry) => cleanValue(entry, depth + 1));
  return 'toJSON' in value ? value : clean(value as Named, depth + 1);
}

interface LoggedError {
  type: string;
  message: string;
  code?: unknown;
  stack?: string;
  cause?: LoggedError;
  errors?: LoggedError[];
}

const MOST_CAUSES = 3;

/** Type, message, code, stack and causes; none of the other members, which may hold a query's parameters. */
function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: typeof error === 'string' ? cut(error) : '' };
  const isLast = depth >= MOST_CAUSES;
  const all = error instanceof AggregateError ? error.errors.slice(0, MOST_CAUSES) : [];
  return {
    type: error.name,
    message: cut(error.message),
    ...('code' in error && { code: error.code }),
    ...(error.stack !== undefined && { stack: cut(error.stack) }),
    ...(error.cause !== undefined && !isLast && { cause: describeError(error.cause, depth + 1) }),
    ...(all.length > 0 && !isLast && { errors: all.map((one) => describeError(one, depth + 1)) }),
  };
}

/** 4 MiB of lines may wait for a standard output that cannot take them: a full disk, a stuck pipe. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;

/** LO-06: written asynchronously; what does not fit is dropped and counted. It never blocks, throws or ends the process. */
function openStandardOutput(onLost: (lines: number) => void): DestinationStream {
  const output = pino.destination({ fd: 1, sync: false, maxLength: MOST_WAITING_BYTES });
  const waiting: (() => void)[] = [];
  let isBroken = false;
  let lost = 0;
  const release = (): void => {
    for (const done of waiting.splice(0)) done();
  };
  output.on('error', (error: NodeJS.ErrnoException) => {
    isBroken ||= error.code === 'EPIPE'; // nobody will read it any more; a full disk may have room again
    release();
  });
  output.on('drop', () => (lost += 1));
  output.on('drain', () => {
    if (lost === 0) return release();
    onLost(lost);
    lost = 0;
    output.write(''); // drains once more, also where nothing was logged
  });
  // pino calls this when the process exits, and it would wait for as long as the disk is full or nobody reads.
  output.flushSync = () => {};
  output.flush = (done = () => {}) => {
    waiting.push(done);
    if (isBroken) release();
    else output.write('');
  };
  return output;
}

export interface LogOptions {
  level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  destination?: DestinationStream;
}

/**
 * To standard output, unless there is a `destination`. `flush(done)` tells when all of it is written; where that cannot be,
 * it may never tell.
 */
export function createLog(options: LogOptions): Logger {
  const onLost = (lines: number): void =>
    log.warn({ lines }, 'log lines were lost: standard output took them too slowly');
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (object) => clean(object) },
      // `clean` has described the error already; pino's own serializer would write its other members too.
      serializers: { err: (error: unknown) => error, msg: (message: unknown) => cut(String(message)) },
      hooks: { streamWrite: (line) => line.replace(UNSAFE_IN_A_LINE, escapeCharacter) },
    },
    options.destination ?? openStandardOutput(onLost),
  );
  return log;
}
