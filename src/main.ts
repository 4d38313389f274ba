// The process: read the configuration, build the application, listen, drain on SIGTERM. With cli/ the only reader of process.*.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createApplication,
  createListener,
  describeSetupLink,
  isWorthWaiting,
  startFaults,
} from './composition/index.ts';
import type { Application, Prepared } from './composition/index.ts';
import { ConfigError, operatorCommand, readServerConfig } from './config/index.ts';
import type { Config } from './config/index.ts';
import { createLog } from './log.ts';
import type { Logger } from './log.ts';

/** sysexits.h: EX_CONFIG. A supervisor should not restart on it. */
const EXIT_CONFIG = 78;

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 3_000;

const command = operatorCommand(process.env);

/** What closing may take beyond the requests in flight, and the last lines of a log that is not read. */
const CLOSE_SECONDS = 20;
const FLUSH_MS = 1_000;

/** People read standard error; standard output holds JSON lines only. */
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message || String('code' in error ? error.code : error.name) : String(error);

async function configuration(): Promise<Config> {
  try {
    const { config, warnings } = await readServerConfig(process.env);
    for (const warning of warnings) say(`gatehouse: ${warning}`);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    say(`gatehouse: ${error.message}`);
    process.exit(EXIT_CONFIG);
  }
}

function version(): string {
  const file = path.join(import.meta.dirname, '../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** As many as there are cores, and two threads of the pool stay free for files and names. */
function hashConcurrency(): number {
  const threads = Number.parseInt(process.env['UV_THREADPOOL_SIZE'] ?? '', 10) || 4;
  return Math.max(1, Math.min(availableParallelism(), threads - 2));
}

function endStart(reason: string): never {
  say(`gatehouse: ${reason}`);
  process.exit(1);
}

/** A file that is no database, a folder that cannot be written: the operator's to mend, and no fault of the code. */
function endUnopened(error: unknown): never {
  if (error instanceof Error && 'code' in error) endStart(`the database cannot be opened: ${reasonOf(error)}`);
  throw error;
}

const listenReasons: Record<string, (config: Config) => string> = {
  EADDRINUSE: ({ port }) => `port ${port} is in use; stop what uses it, or set PORT to another`,
  EACCES: ({ port }) => `port ${port} needs rights this process does not have; set PORT to one above 1023`,
  EADDRNOTAVAIL: ({ host }) => `${host} is not an address of this machine; set HOST to one, or to 0.0.0.0 for all`,
};

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      const reason = listenReasons[error.code ?? '']?.(config) ?? error.message;
      endStart(`cannot listen on ${config.host}:${config.port}: ${reason}.`);
    };
    server.once('error', refuse);
    server.listen(config.port, config.host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

/** SQLSTATE: no right to the tables. Under compose it may be granted while we start (RE-24). */
function lacksRights(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42501';
}

/** Waits for a database that is away or not migrated yet; anything else ends the start. */
async function prepare(application: Application, log: Logger, stopping: AbortSignal): Promise<Prepared | undefined> {
  let said = '';
  for (let wait = FIRST_RETRY_MS; !stopping.aborted; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
    try {
      return await application.prepare();
    } catch (error) {
      if (stopping.aborted) break;
      if (!isWorthWaiting(error) && !lacksRights(error)) throw error;
      log.warn({ err: error, retryInMs: wait }, 'not ready yet');
      if (said !== reasonOf(error)) say(`gatehouse: not ready yet, trying again until it is: ${reasonOf(error)}`);
      said = reasonOf(error);
      await delay(wait, undefined, { signal: stopping }).catch(() => {});
    }
  }
  return undefined;
}

/** In flight requests are answered; an idle keep-alive connection is closed instead of being waited for. */
async function closeServer(server: Server, seconds: number, log: Logger): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const late = setTimeout(() => {
    log.warn({ drainSeconds: seconds }, 'requests are still running; their connections are cut');
    server.closeAllConnections();
  }, seconds * 1000);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/** Never half written, never readable by others, also where an older file lies there with another mode. */
function writePrivately(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
}

/** The link, or that there is none any more; a folder that cannot be written costs the copy in the file only. */
function announce({ setupLink: link, lacksAdministrator }: Prepared, file: string, log: Logger): void {
  if (lacksAdministrator)
    return say(
      `gatehouse: there is no administrator yet. "${command} admin setup" prints a link to make the first one.`,
    );
  let copy = ` It is also in ${file}.`;
  try {
    if (link === undefined) rmSync(file, { force: true });
    else writePrivately(file, `${link}\n`);
  } catch (error) {
    log.warn({ err: error }, 'the file of the set-up link cannot be changed');
    copy = '';
  }
  if (link !== undefined) say(describeSetupLink(link, `The next start, or "${command} admin setup",`, copy));
}

const CHORES_MS = 60 * 60 * 1000;

/** One after another; what one cannot do keeps no other from it. */
function doChoresHourly({ chores }: Application, log: Logger): void {
  const doAll = async (): Promise<void> => {
    for (const { name: chore, run } of chores) {
      try {
        log.debug({ chore, count: await run() }, 'chore done');
      } catch (error) {
        log.warn({ err: error, chore }, 'chore not done; trying again in an hour');
      }
    }
  };
  setInterval(() => void doAll(), CHORES_MS).unref();
  void doAll();
}

interface Running {
  application: Application;
  server: Server;
  isReady: boolean;
}

async function drain({ application, server, isReady }: Running, config: Config, log: Logger): Promise<void> {
  application.drain();
  // Whoever keeps a connection learns from the next answer that it ends.
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  if (isReady) await delay(config.drainDelaySeconds * 1000);
  await closeServer(server, config.drainSeconds, log);
  await application.close();
}

/** The one way out of a process that has begun; the first reason counts, later ones change the exit code only. */
function createStop(config: Config, log: Logger) {
  const stopping = new AbortController();
  let running: Running | undefined;
  let exitCode = 0;

  async function stop(reason: string, code: number): Promise<void> {
    exitCode ||= code;
    // Ctrl-C reaches the process from the terminal and again from npm: once is enough.
    if (stopping.signal.aborted) return;
    stopping.abort();
    log.info({ reason }, 'stopping');
    const seconds = config.drainDelaySeconds + config.drainSeconds + CLOSE_SECONDS;
    setTimeout(() => process.exit(exitCode || 1), seconds * 1000).unref();
    try {
      if (running !== undefined) await drain(running, config, log);
      log.info('stopped');
    } catch (error) {
      log.error({ err: error }, 'could not stop in order');
      exitCode ||= 1;
    }
    await Promise.race([new Promise<void>((resolve) => log.flush(() => resolve())), delay(FLUSH_MS)]);
    process.exit(exitCode);
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal, 0));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      say(`gatehouse: stopping after a fault of its own, see the log: ${reasonOf(error)}`);
      void stop(event, 1);
    });
  }
  return {
    stop,
    signal: stopping.signal,
    running(parts: Running): Running {
      running = parts;
      return parts;
    },
  };
}

async function main(): Promise<void> {
  // Whoever read our output may be gone; that is no reason to stop. (Naming it also keeps a full pipe from blocking a thread.)
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
  const config = await configuration();
  const log = createLog({ level: config.logLevel });
  const { stop, signal, running } = createStop(config, log);
  const linkFile = path.join(config.dataDir, 'setup-link');
  const application = await createApplication({
    config,
    log,
    version: version(),
    command,
    hashConcurrency: hashConcurrency(),
    onSetupCompleted: () => rmSync(linkFile, { force: true }),
  }).catch(endUnopened);
  const parts = running({ application, server: createListener(application.handler, log), isReady: false });
  await listen(parts.server, config);
  try {
    const prepared = await prepare(application, log, signal);
    if (prepared === undefined || signal.aborted) return;
    parts.isReady = true;
    doChoresHourly(application, log);
    announce(prepared, linkFile, log);
    log.info({ mode: config.mode, database: application.database.dialect, url: config.publicUrl }, 'ready');
    say(`gatehouse: ready at ${config.publicUrl}`);
  } catch (error) {
    const faults = startFaults(error);
    if (faults === undefined) throw error;
    say(`gatehouse: ${faults}`);
    await stop('configuration', EXIT_CONFIG);
  }
}

await main();
