// The process: read the configuration, build the application, listen, drain on SIGTERM. With cli.ts the only reader of process.*.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createApplication, createListener, isWorthWaiting, startFaults } from './application.ts';
import type { Application } from './application.ts';
import { ConfigError, readConfig } from './config.ts';
import type { Config } from './config.ts';
import { createLog } from './log.ts';
import type { Logger } from './log.ts';

/** sysexits.h: EX_CONFIG. A supervisor should not restart on it. */
const EXIT_CONFIG = 78;

/** People read standard error; standard output holds JSON lines only. */
const say = (text: string): void => void process.stderr.write(`${text}\n`);

function configuration(): Config {
  try {
    const { config, warnings } = readConfig(process.env);
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

function listen(server: Server, { host, port }: Config): Promise<void> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? `port ${port} is in use; set PORT to another` : error.message;
      say(`gatehouse: cannot listen on ${host}:${port}: ${reason}`);
      process.exit(1);
    });
    server.listen(port, host, resolve);
  });
}

/** Waits for a database that is away or not migrated yet; anything else ends the start. */
async function prepare(application: Application, log: Logger, stopping: AbortSignal): Promise<string | undefined> {
  for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
    try {
      return (await application.prepare()).setupLink;
    } catch (error) {
      if (stopping.aborted) return undefined;
      if (!isWorthWaiting(error)) throw error;
      log.warn({ err: error, retryInMs: wait }, 'not ready yet');
      await delay(wait, undefined, { signal: stopping }).catch(() => {});
    }
  }
}

/** In flight requests are answered; an idle keep-alive connection is closed instead of being waited for. */
async function closeServer(server: Server, seconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const late = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

function announce(link: string, file: string): void {
  writeFileSync(file, `${link}\n`, { mode: 0o600 });
  say(
    `\n  There is no administrator yet. Open this link to make the first one (valid for 30 minutes, works once):\n\n  ${link}\n`,
  );
}

async function main(): Promise<void> {
  const config = configuration();
  const log = createLog({ level: config.logLevel });
  const linkFile = path.join(config.dataDir, 'setup-link');
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  const application = await createApplication({
    config,
    log,
    version: version(),
    hashConcurrency: Math.max(1, Math.min(availableParallelism(), threads - 2)),
    onSetupCompleted: () => rmSync(linkFile, { force: true }),
  });
  const server = createListener(application.handler);
  const stopping = new AbortController();

  async function stop(reason: string, code: number): Promise<void> {
    // Ctrl-C reaches the process from the terminal and again from npm: once is enough.
    if (stopping.signal.aborted) return;
    stopping.abort();
    log.info({ reason }, 'stopping');
    application.drain();
    await delay(config.drainDelaySeconds * 1000);
    await closeServer(server, config.drainSeconds);
    await application.close();
    log.info('stopped');
    log.flush(() => process.exit(code));
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal, 0));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      void stop(event, 1);
    });
  }

  await listen(server, config);
  await application.warmUp();
  try {
    const link = await prepare(application, log, stopping.signal);
    if (stopping.signal.aborted) return;
    if (link !== undefined) announce(link, linkFile);
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
