// Quotas: how much one address or one user may ask, over minute, hour and day; shared by all replicas where there is Redis. And what an
// administrator sees of them.
import type { RequestHandler } from 'express';
import type { ClientAddress } from '../../http/client-address.ts';
import type { Quotas } from '../../http/quota.ts';
import type { Redis } from '../../redis.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import type { Feature } from '../feature.ts';
import { createJudge } from './judgement.ts';
import { createLimits } from './limits.ts';
import type { LimitsParts } from './limits.ts';
import { createMemoryCounters } from './memory-counters.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { createPageLimit } from './page-limit.ts';
import { createProcessStore, createSharedStore } from './page-store.ts';
import { createKeys } from './partition-key.ts';
import { createAllPolicies } from './policies.ts';
import type { QuotaNumbers } from './policies.ts';
import { createQuotas } from './quotas.ts';
import type { CountingQuotas } from './quotas.ts';
import { createNoteRefusal } from './refusals.ts';
import { createLimitRoutes } from './routes.ts';
import { createSharedCounters } from './shared-counters.ts';
import { createSharedLedger } from './shared-ledger.ts';

interface Parts {
  numbers: QuotaNumbers;
  /** Numbers that are tried out. */
  rehearsed: Readonly<Partial<QuotaNumbers>>;
  redis: Redis | undefined;
  secrets: SecretRing;
  /** One line for the operator. */
  warn: (event: Record<string, unknown>, message: string) => void;
  now: () => number;
}

export interface RateLimit extends CountingQuotas, Pick<Quotas, 'noteRefusal'> {
  /** For administrators; built later, of features that are themselves limited. */
  createLimits(parts: LimitsParts): Feature;
  /** For what the quotas do not count. */
  createPageLimit(clientAddress: Pick<ClientAddress, 'isForItself'>): RequestHandler;
}

export function createRateLimit({ numbers, rehearsed, redis, secrets, warn, now }: Parts): RateLimit {
  const ownLedger = createMemoryLedger(now);
  const ledger = redis === undefined ? ownLedger : createSharedLedger(redis, ownLedger, now);
  const ownCounters = createMemoryCounters(now);
  const counters = redis === undefined ? ownCounters : createSharedCounters(redis, ownCounters, now);
  const keyOf = createKeys(secrets.derive('quota-partition', ''));
  const policies = createAllPolicies(numbers, rehearsed);
  const judge = createJudge({ ledger, now });
  return {
    ...createQuotas({ policies, counters, keyOf, judge, now }),
    noteRefusal: createNoteRefusal({ ledger, warn, now }),
    createLimits(parts) {
      const limits = createLimits({ ...parts, policies, counters, numbers, rehearsed, keyOf, ledger, redis });
      return { routes: createLimitRoutes(limits) };
    },
    createPageLimit: (clientAddress) =>
      createPageLimit({
        policy: policies.enforced.find(({ name }) => name === 'pages'),
        store(policy) {
          const own = createProcessStore(ownCounters, policy);
          return redis === undefined ? own : createSharedStore(redis, policy, own);
        },
        keyOf,
        judge,
        clientAddress,
        warn,
        now,
      }),
  };
}
