// One express-rate-limit limiter for all that counts a request, over a store that counts every window of every policy at once: one limiter for
// each of them cost six times as much, and could not see that another one refuses.
import { rateLimit } from 'express-rate-limit';
import type { IncrementResponse, RateLimitInfo, Store } from 'express-rate-limit';
import type { Request, Response } from 'express';
import type { Partition } from '#contract/quota.ts';
import type { Counted, Counters, Part } from './counters.ts';
import type { Policies, Policy, Quota } from './policies.ts';

export type Keys = Partial<Record<Partition, string>>;

/** What stands for the request in express-rate-limit, which needs a place for its result and nothing else of Express. */
interface Carrier {
  readonly key: string;
  rateLimit?: RateLimitInfo;
}

/** It is never answered by a limiter. */
const NO_RESPONSE = {} as Response;

const onError = (error?: unknown): void => {
  if (error instanceof Error) throw error;
};

/** A limiter hands on the instant that its store names, and nothing else of the store's: so that carries everything. */
class ResetTime extends Date {
  readonly counted: Counted;

  constructor(counted: Counted) {
    super(Math.max(0, ...counted.enforced.map(({ resetAt }) => resetAt)));
    this.counted = counted;
  }
}

const SEPARATOR = ' ';

/** To the limiter a request is one of 1 that may pass, and one too many where any window refuses it. */
function createStore({ enforced, rehearsed }: Policies, counters: Counters): Store {
  const limits = enforced.flatMap(({ quotas }: Policy) => quotas.map(({ limit }: Quota) => limit));
  const respond = (counted: Counted): IncrementResponse => ({
    totalHits: counted.enforced.some(({ used }, index) => used > (limits[index] ?? 0)) ? 2 : 1,
    resetTime: new ResetTime(counted),
  });
  const partsOf = (policies: readonly Policy[], keys: readonly string[], from: number): Part[] =>
    policies.map((policy, index) => ({ policy, key: keys[from + index] ?? '' }));
  return {
    increment(key) {
      const keys = key.split(SEPARATOR);
      const counted = counters.count(partsOf(enforced, keys, 0), partsOf(rehearsed, keys, enforced.length));
      return counted instanceof Promise ? counted.then(respond) : respond(counted);
    },
    // Nobody asks the limiter for these: what is counted is taken back and reset by itself.
    decrement: () => {},
    resetKey: () => {},
  };
}

export type Count = (keys: Keys) => Promise<Counted>;

export function createLimiter(policies: Policies, counters: Counters): Count {
  const partitions = [...policies.enforced, ...policies.rehearsed].map(({ partition }) => partition);
  const middleware = rateLimit({
    limit: 1,
    store: createStore(policies, counters),
    keyGenerator: (request) => (request as unknown as Carrier).key,
    // It does not answer by itself: one answer is made of what all windows say.
    handler: (_request, _response, next) => next(),
    standardHeaders: false,
    legacyHeaders: false,
    // Its checks are about Express's request, and about a second limiter on one store.
    validate: false,
  });
  return async (keys) => {
    const carrier: Carrier = { key: partitions.map((partition) => keys[partition] ?? '').join(SEPARATOR) };
    await middleware(carrier as unknown as Request, NO_RESPONSE, onError);
    return ((carrier.rateLimit as RateLimitInfo).resetTime as ResetTime).counted;
  };
}
