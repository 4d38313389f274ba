import type { Health, HealthPart } from '#contract/health.ts';
import type { Database } from '../../database/open.ts';
import type { Redis } from '../../redis.ts';
import { createRecent } from './recent.ts';

export interface HealthChecks {
  readonly version: string;
  /** Depends on nothing: a database that is away is no reason to restart the process. */
  liveness(): Health;
  /** What the database says is at most a second old: strangers who ask in a crowd cost it no more than one. */
  readiness(): Promise<Required<Pick<Health, 'status' | 'parts'>>>;
  /** Everything that must be there before the first request is there. */
  started(): void;
  /** From now on not ready: a proxy sends its requests elsewhere. */
  drain(): void;
}

export interface HealthParts {
  database: Database;
  redis: Redis | undefined;
  /** What features say of themselves. */
  describeFeatures: () => HealthPart[];
  version: string;
  now: () => number;
}

export function createHealthChecks({ database, redis, describeFeatures, version, now }: HealthParts): HealthChecks {
  let phase: 'starting' | 'serving' | 'stopping' = 'starting';

  const check = async (name: string, act: () => Promise<string | undefined>): Promise<HealthPart> => {
    try {
      const fault = await act();
      return fault === undefined ? { name, status: 'ok' } : { name, status: 'failed', detail: fault };
    } catch {
      return { name, status: 'failed', detail: 'does not answer' };
    }
  };

  const checkDatabase = () => check(`database (${database.dialect})`, () => database.ping().then(() => undefined));

  const checkMigrations = () =>
    check('migrations', async () => {
      const pending = await database.pendingMigrations();
      return pending.length === 0 ? undefined : `not applied: ${pending.join(', ')}`;
    });

  const stored = createRecent(() => Promise.all([checkDatabase(), checkMigrations()]), now);

  const describeProcess = (): HealthPart =>
    phase === 'serving'
      ? { name: 'process', status: 'ok' }
      : { name: 'process', status: 'failed', detail: `is ${phase}` };

  /** Its absence is no reason to send requests elsewhere: each server counts by itself meanwhile. */
  function describeRedis(): HealthPart[] {
    if (redis === undefined) return [];
    if (redis.isAnswering()) return [{ name: 'redis', status: 'ok' }];
    return [{ name: 'redis', status: 'degraded', detail: 'does not answer: this server counts by itself' }];
  }

  return {
    version,
    liveness: () => ({ status: 'ok' }),
    async readiness() {
      const found = await stored.read();
      // Looked at now: that a server begins or stops is told at once.
      const parts = [describeProcess(), ...found, ...describeRedis(), ...describeFeatures()];
      return { status: parts.some((part) => part.status === 'failed') ? 'failed' : 'ok', parts };
    },
    started: () => {
      if (phase !== 'starting') return;
      phase = 'serving';
      stored.forget(); // migrated meanwhile
    },
    drain: () => {
      phase = 'stopping';
    },
  };
}
