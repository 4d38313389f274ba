// A real redis-server of a test's own, on a free port, gone after the test. Without one on the machine the tests that need it are left
// out and the run says so; in CI it has to be there.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { Redis as Client } from 'ioredis';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.ts';
import { reportPart } from './parts.ts';

export interface TestRedis {
  url: string;
  /** By Redis's own count: how often it has read from a connection. */
  reads(): Promise<number>;
  /** Every key with the milliseconds it has left; -1 for one that stays. */
  keys(): Promise<{ key: string; left: number }[]>;
  /** Frozen: connections stay, nothing is answered. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  /** On the same port, empty. */
  restart(): Promise<void>;
}

function findVersion(): string | undefined {
  try {
    return /v=(\S+)/.exec(execFileSync('redis-server', ['--version']).toString())?.[1];
  } catch {
    return undefined;
  }
}

const version = findVersion();
if (version === undefined) reportPart('Redis', undefined);

/** For `it.runIf`: in CI a missing redis-server fails the tests instead. */
export const hasRedis = version !== undefined || process.env['CI'] !== undefined;

async function launch(port: number): Promise<ChildProcess> {
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    tmpdir(),
  ];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of server.stdout) if (String(line).includes('Ready to accept connections')) break;
  server.stdout.resume();
  return server;
}

export async function startRedis(): Promise<TestRedis> {
  reportPart('Redis', version);
  const port = await freePort();
  let server = await launch(port);
  const client = new Client(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 50 });
  client.on('error', () => {});
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  onTestFinished(async () => {
    client.disconnect();
    await kill();
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    reads: async () => Number(/total_reads_processed:(\d+)/.exec(await client.info('stats'))?.[1]),
    async keys() {
      const keys = await client.keys('*');
      return await Promise.all(keys.map(async (key) => ({ key, left: await client.pttl(key) })));
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    kill,
    async restart() {
      await kill();
      server = await launch(port);
    },
  };
}
