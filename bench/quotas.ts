// What counting costs: the same server and the same request without quotas, with them in the process, and with them in Redis.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis as Client } from 'ioredis';
import { quotaPolicies } from '../src/contract/quota.ts';
import { freePort } from '../src/testing/free-port.ts';
import { signUp } from './client.ts';
import { requestsPerSecond } from './measure.ts';
import { startGatehouse } from './processes.ts';
import type { RunningServer } from './processes.ts';

/** All of them, at numbers that are never reached. */
export const countingLimits: Record<string, string> = Object.fromEntries(
  Object.keys(quotaPolicies).map((name) => [
    `RATE_LIMIT_${name.toUpperCase()}`,
    name === 'pages' ? '999999999/m' : '999999999/m,999999999/h,999999999/d',
  ]),
);

export interface BenchRedis {
  url: string;
  reads(): Promise<number>;
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  stop(): Promise<void>;
}

export async function startRedis(onPort?: number): Promise<BenchRedis> {
  const port = onPort ?? (await freePort());
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of child.stdout) if (String(line).includes('Ready to accept')) break;
  child.stdout.resume();
  const client = new Client(port, '127.0.0.1');
  client.on('error', () => {});
  return {
    url: `redis://127.0.0.1:${port}`,
    reads: async () => Number(/total_reads_processed:(\d+)/.exec(await client.info('stats'))?.[1]),
    signal: (name) => void child.kill(name),
    async stop() {
      client.disconnect();
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Resolves with what makes `/api/auth/me` requests for so long, and says how many a second were answered. */
async function measureMe(server: RunningServer, seconds: number): Promise<() => Promise<number>> {
  const { accessToken } = await signUp(server.url, 'bench-quotas');
  const me = () => requestsPerSecond(`${server.url}/api/auth/me`, seconds, { authorization: `Bearer ${accessToken}` });
  await me();
  return me;
}

export interface QuotaBench {
  none: () => Promise<number>;
  inProcess: () => Promise<number>;
  inRedis: () => Promise<number>;
  /** How often Redis reads for one request, sent one after another. */
  readsPerRequest(): Promise<number>;
  stop(): Promise<void>;
}

export async function startQuotaBench(seconds: number): Promise<QuotaBench> {
  const redis = await startRedis();
  const servers = await Promise.all([
    startGatehouse(),
    startGatehouse(countingLimits),
    startGatehouse({ ...countingLimits, REDIS_URL: redis.url }),
  ]);
  const [none, inProcess, inRedis] = await Promise.all(servers.map((server) => measureMe(server, seconds)));
  if (none === undefined || inProcess === undefined || inRedis === undefined)
    throw new Error('there are three servers');
  return {
    none,
    inProcess,
    inRedis,
    async readsPerRequest() {
      const before = await redis.reads();
      for (let index = 0; index < 500; index += 1)
        await (await fetch(`${servers[2]?.url}/api/auth/options`)).arrayBuffer();
      return ((await redis.reads()) - before - 1) / 500;
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      await redis.stop();
    },
  };
}
