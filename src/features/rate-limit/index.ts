// Quotas: how much one address or one user may ask, over minute, hour and day; shared by all replicas where there is Redis.
import type { Redis } from '../../redis.ts';
import { MemoryCounters } from './memory-counters.ts';
import { createQuotas } from './quotas.ts';
import type { AllQuotas, QuotaNumbers } from './quotas.ts';
import { createSend, SharedCounters } from './shared-counters.ts';

interface Parts {
  numbers: QuotaNumbers;
  redis: Redis | undefined;
  now: () => number;
}

export function createRateLimit({ numbers, redis, now }: Parts): AllQuotas {
  const send = redis && createSend(redis);
  return createQuotas({
    numbers,
    now,
    createCounters: (name, windowMs) =>
      redis === undefined || send === undefined
        ? new MemoryCounters(windowMs, now)
        : new SharedCounters(redis, send, `gatehouse:quota:${name}:`, windowMs, now),
  });
}
