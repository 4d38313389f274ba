import type { Health, HealthPart } from '#contract/health.ts';
import type { Database } from '../../database/open.ts';
import type { Redis } from '../../redis.ts';

export interface HealthChecks {
  readonly version: string;
  /** Depends on nothing: a database that is away is no reason to restart the process. */
  liveness(): Health;
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
}

export function createHealthChecks({ database, redis, describeFeatures, version }: HealthParts): HealthChecks {
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
      const process: HealthPart =
        phase === 'serving'
          ? { name: 'process', status: 'ok' }
          : { name: 'process', status: 'failed', detail: `is ${phase}` };
      const asked = await Promise.all([checkDatabase(), checkMigrations()]);
      const parts = [process, ...asked, ...describeRedis(), ...describeFeatures()];
      return { status: parts.some((part) => part.status === 'failed') ? 'failed' : 'ok', parts };
    },
    started: () => {
      if (phase === 'starting') phase = 'serving';
    },
    drain: () => {
      phase = 'stopping';
    },
  };
}
