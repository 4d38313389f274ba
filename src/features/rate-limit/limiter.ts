// One express-rate-limit limiter for each policy, over a store that holds all of its windows: one for each window cost three times as much.
import { rateLimit } from 'express-rate-limit';
import type { IncrementResponse, RateLimitInfo, Store } from 'express-rate-limit';
import type { Request, Response } from 'express';
import type { Partition } from '#contract/quota.ts';
import type { Counters, WindowCount } from './counters.ts';

export type Keys = Partial<Record<Partition, string>>;

/** One window of a policy. */
export interface Quota {
  /** `login-minute` */
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
}

export interface Policy {
  readonly name: string;
  readonly partition: Partition;
  readonly quotas: readonly Quota[];
  readonly counters: Counters;
  /** Counts a request in every window at once. */
  count(carrier: Carrier): Promise<readonly WindowCount[]>;
}

/** What stands for the request in express-rate-limit, which needs a place for its results and nothing else of Express. */
export interface Carrier {
  readonly keys: Keys;
  [policyName: string]: unknown;
}

/** It is never answered by a limiter. */
const NO_RESPONSE = {} as Response;

const onError = (error?: unknown): void => {
  if (error instanceof Error) throw error;
};

/** A limiter hands on the instant that its store names, and nothing else of the store's: so that carries all windows. */
class ResetTime extends Date {
  readonly counts: readonly WindowCount[];

  constructor(counts: readonly WindowCount[]) {
    super(Math.max(...counts.map(({ resetAt }) => resetAt)));
    this.counts = counts;
  }
}

export const isOver = (quota: Quota, { used }: WindowCount): boolean => used > quota.limit;

/** To the limiter a policy is one quota of 1, which is exceeded where any of the windows is. */
function createStore(quotas: readonly Quota[], counters: Counters): Store {
  const respond = (counts: readonly WindowCount[]): IncrementResponse => ({
    totalHits: quotas.some((quota, place) => isOver(quota, counts[place] as WindowCount)) ? 2 : 1,
    resetTime: new ResetTime(counts),
  });
  return {
    increment(key) {
      const counts = counters.increment(key);
      return counts instanceof Promise ? counts.then(respond) : respond(counts);
    },
    decrement: (key) => counters.takeBack(key, [...quotas.keys()]),
    resetKey: (key) => counters.reset(key),
  };
}

export function createPolicy(policy: Omit<Policy, 'count'>): Policy {
  const { name, partition, quotas, counters } = policy;
  const middleware = rateLimit({
    windowMs: Math.max(...quotas.map(({ windowSeconds }) => windowSeconds)) * 1000,
    limit: 1,
    store: createStore(quotas, counters),
    requestPropertyName: name,
    keyGenerator: (request) => (request as unknown as Carrier).keys[partition] ?? '',
    // All are asked at once, so none of them answers by itself: one answer is made of what all of them say.
    handler: (_request, _response, next) => next(),
    standardHeaders: false,
    legacyHeaders: false,
    // Its checks are about Express's request, and about a second limiter on one store.
    validate: false,
  });
  return {
    ...policy,
    async count(carrier) {
      await middleware(carrier as unknown as Request, NO_RESPONSE, onError);
      return ((carrier[name] as RateLimitInfo).resetTime as ResetTime).counts;
    },
  };
}
