// Redis hangs, comes back, is killed, comes back empty: what a steady caller notices (RE-03, RE-04).
import { arrive, closeConnections, percentile99, send } from './arrivals.ts';
import type { Outcome } from './arrivals.ts';
import { percentile } from './measure.ts';
import { startGatehouse } from './processes.ts';
import { countingLimits, startRedis } from './quotas.ts';

const PER_SECOND = 100;

export interface Phase {
  name: string;
  /** The slowest of the first second, in milliseconds. */
  first: number;
  /** Of all later ones, in milliseconds. */
  p50: number;
  p99: number;
  requests: number;
  /** Not answered 200. */
  failed: number;
}

function summarise(name: string, outcomes: readonly Outcome[]): Phase {
  const later = outcomes.slice(PER_SECOND);
  return {
    name,
    first: Math.max(...outcomes.slice(0, PER_SECOND).map(({ ms }) => ms)),
    p50: percentile(
      later.map(({ ms }) => ms),
      0.5,
    ),
    p99: percentile99(later),
    requests: outcomes.length,
    failed: outcomes.filter(({ status }) => status !== 200).length,
  };
}

export async function benchRedisOutage(seconds: number): Promise<Phase[]> {
  let redis = await startRedis();
  const server = await startGatehouse({ ...countingLimits, REDIS_URL: redis.url });
  const watch = async (name: string): Promise<Phase> =>
    summarise(name, await arrive(PER_SECOND, seconds, (_, dueAt) => send(`${server.url}/api/auth/options`, dueAt)));
  try {
    await watch('warm-up');
    const phases = [await watch('Redis answers')];
    redis.signal('SIGSTOP');
    phases.push(await watch('Redis hangs'));
    redis.signal('SIGCONT');
    phases.push(await watch('Redis answers again'));
    redis.signal('SIGKILL');
    phases.push(await watch('Redis is killed'));
    const { port } = new URL(redis.url);
    await redis.stop();
    redis = await startRedis(Number(port));
    phases.push(await watch('Redis is back, empty'));
    return phases;
  } finally {
    closeConnections();
    await server.stop();
    await redis.stop();
  }
}
