// Counts requests by every policy at once, refuses what is too much, and says so in the RateLimit header fields.
import { createHash } from 'node:crypto';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import type { RateLimitInfo, Store } from 'express-rate-limit';
import type { Request, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { Problem } from '#contract/problem.ts';
import { quotaPolicies, windows } from '#contract/quota.ts';
import type { EndpointQuota, Partition, QuotaPolicyName, WindowName } from '#contract/quota.ts';
import type { CountedRequest, Quotas } from '../../http/quota.ts';

/** Requests for each window of each policy, as configured. */
export type QuotaNumbers = Readonly<Record<QuotaPolicyName, Readonly<Partial<Record<WindowName, number>>>>>;

export interface QuotaParts {
  numbers: QuotaNumbers;
  /** The counters of one quota. */
  createCounters: (name: string, windowMs: number) => Store;
  now: () => number;
}

type Keys = Partial<Record<Partition, string>>;

/** What stands for the request in express-rate-limit, which needs a place for its results and nothing else of Express. */
interface Carrier {
  keys: Keys;
  [quotaName: string]: unknown;
}

/** It is never answered by a limiter. */
const NO_RESPONSE = {} as Response;

interface Quota {
  /** `login-minute` */
  name: string;
  limit: number;
  partition: Partition;
  store: Store;
  /** The number of requests so far in this window, this one included. */
  count(carrier: Carrier): Promise<RateLimitInfo>;
}

function createQuota(policy: QuotaPolicyName, window: WindowName, limit: number, parts: QuotaParts): Quota {
  const name = `${policy}-${window}`;
  const { partition } = quotaPolicies[policy];
  const windowMs = windows[window] * 1000;
  const store = parts.createCounters(name, windowMs);
  const middleware = rateLimit({
    windowMs,
    limit,
    store,
    requestPropertyName: name,
    keyGenerator: (request) => (request as unknown as Carrier).keys[partition] ?? '',
    // All are asked at once, so none of them answers by itself: below, one answer is made of what all of them say.
    handler: (_request, _response, next) => next(),
    standardHeaders: false,
    legacyHeaders: false,
    // Its checks are about Express's request, and about a second limiter on one store.
    validate: false,
  });
  return {
    name,
    limit,
    partition,
    store,
    async count(carrier) {
      await middleware(carrier as unknown as Request, NO_RESPONSE, (error?: unknown) => {
        if (error instanceof Error) throw error;
      });
      return carrier[name] as RateLimitInfo;
    },
  };
}

/** A key is not a place where an address can be read, and is never longer than this (RL-10). */
function createKeys(): (kind: string, text: string) => string {
  const known = new LRUCache<string, string>({ max: 10_000 });
  return (kind, text) => {
    const id = `${kind} ${text}`;
    const found = known.get(id);
    if (found !== undefined) return found;
    const key = createHash('sha256').update(id).digest('base64url').slice(0, 22);
    known.set(id, key);
    return key;
  };
}

const IPV6_PREFIX = 64;

interface Counted {
  quota: Quota;
  info: RateLimitInfo;
  /** Seconds until its window ends. */
  reset: number;
}

const isViolated = ({ quota, info }: Counted): boolean => info.used > quota.limit;

/** Structured fields (RFC 9651): a list of items, each a string with parameters. */
const rateLimitField = (counted: readonly Counted[]): string =>
  counted.map(({ quota, info, reset }) => `"${quota.name}";r=${info.remaining};t=${reset}`).join(', ');

function policyField(quotas: readonly Quota[]): string {
  return quotas
    .map(({ name, limit }) => `"${name}";q=${limit};w=${windows[name.split('-')[1] as WindowName]}`)
    .join(', ');
}

/** @throws Problem `quota-exceeded`: waiting as long as it says works */
function refuse(violated: readonly Counted[]): never {
  const seconds = Math.max(1, ...violated.map(({ reset }) => reset));
  throw new Problem('quota-exceeded', {
    detail: 'This address, or this account, has asked more often than it may.',
    retryAfterSeconds: seconds,
    violatedPolicies: violated.map(({ quota }) => quota.name),
  });
}

/** Being refused by one quota must not use up another. Nobody waits for it. */
function takeBack(counted: readonly Counted[], keys: Keys): void {
  for (const each of counted)
    if (!isViolated(each))
      void Promise.resolve(each.quota.store.decrement(keys[each.quota.partition] ?? '')).catch(() => {});
}

export interface AllQuotas extends Quotas {
  /**
   * Counts a renewal, once the refresh token has proven to be the session's.
   * @throws Problem `quota-exceeded`
   */
  countRefresh(sid: string): Promise<void>;
}

export function createQuotas(parts: QuotaParts): AllQuotas {
  const { numbers, now } = parts;
  const keyOf = createKeys();
  const create = (policy: QuotaPolicyName): Quota[] =>
    (Object.keys(windows) as WindowName[]).flatMap((window) => {
      const limit = numbers[policy][window];
      return limit === undefined ? [] : [createQuota(policy, window, limit, parts)];
    });
  const names = Object.keys(quotaPolicies) as QuotaPolicyName[];
  const byPolicy = Object.fromEntries(names.map((name) => [name, create(name)])) as Record<QuotaPolicyName, Quota[]>;
  const fields = new Map<string, { quotas: readonly Quota[]; policy: string }>();

  /** Those that apply: a policy by user says nothing about a stranger. */
  function applying(quota: Exclude<EndpointQuota, 'none'>, isUser: boolean) {
    const id = `${quota} ${isUser}`;
    const known = fields.get(id);
    if (known !== undefined) return known;
    const all = [...byPolicy.address, ...byPolicy.user, ...(quota === 'general' ? [] : byPolicy[quota])];
    const quotas = all.filter(({ partition }) => partition === 'address' || (partition === 'user' && isUser));
    const made = { quotas, policy: policyField(quotas) };
    fields.set(id, made);
    return made;
  }

  async function countAll(quotas: readonly Quota[], keys: Keys): Promise<Counted[]> {
    const carrier: Carrier = { keys };
    // Begun together: all commands leave in one write to Redis.
    const infos = await Promise.all(quotas.map((each) => each.count(carrier)));
    const at = now();
    return quotas.map((quota, index) => {
      const info = infos[index] as RateLimitInfo;
      return { quota, info, reset: Math.max(0, Math.ceil(((info.resetTime?.getTime() ?? at) - at) / 1000)) };
    });
  }

  function assertNone(counted: readonly Counted[], keys: Keys): void {
    const violated = counted.filter(isViolated);
    if (violated.length === 0) return;
    takeBack(counted, keys);
    refuse(violated);
  }

  return {
    async count(quota, { address, user }: CountedRequest, setHeader) {
      if (quota === 'none') return;
      const { quotas, policy } = applying(quota, user !== undefined);
      if (quotas.length === 0) return;
      const keys: Keys = { address: keyOf('address', ipKeyGenerator(address, IPV6_PREFIX)) };
      if (user !== undefined) keys.user = keyOf('user', user);
      const counted = await countAll(quotas, keys);
      setHeader('RateLimit-Policy', policy);
      setHeader('RateLimit', rateLimitField(counted));
      assertNone(counted, keys);
    },
    async countRefresh(sid) {
      const keys: Keys = { session: keyOf('session', sid) };
      assertNone(await countAll(byPolicy.refresh, keys), keys);
    },
  };
}
