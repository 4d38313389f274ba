// Quotas and the sign-in throttle, as administrators see them.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';
import { instant } from './fields.ts';
import { partitions } from './quota.ts';

const name = z
  .string()
  .register(z.globalRegistry, { description: 'A policy and its window.', examples: ['login-minute'] });

const partition = {
  partition: z.enum([...partitions, 'account']),
  /** Names the partition to `releaseLimits`. */
  key: z.string(),
  /** `203.0.113.*`, the id of a user. */
  label: z.string(),
};

const limitState = z
  .object({
    quota: name,
    ...partition,
    used: z.int(),
    limit: z.int(),
    /** Null where the window has not begun. */
    resetsAt: z.nullable(instant),
  })
  .register(z.globalRegistry, { id: 'LimitState' });

const consumer = z.object({ ...limitState.shape, isBlocked: z.boolean() }).register(z.globalRegistry, {
  id: 'LimitConsumer',
  description: 'Where a partition stands in one quota; blocked: its next request is refused.',
});

const throttledAccount = z
  .object({
    key: z.string(),
    /** Null: no account has this name. */
    userId: z.nullable(z.string()),
    lane: z.enum(['strangers', 'device']),
    failures: z.int(),
    failuresInRow: z.int(),
    /** Null: until it is released. */
    blockedUntil: z.nullable(instant),
    lastFailedAt: instant,
  })
  .register(z.globalRegistry, { id: 'ThrottledAccount' });

/** How a client's address was found. */
const proxyChain = z.object({
  /** Who was at the other end of the connection. */
  peer: z.string(),
  isPeerTrusted: z.boolean(),
  /** X-Forwarded-For, from the right, as far as it was believed; the ten nearest. */
  hops: z.array(z.object({ address: z.string(), isTrusted: z.boolean() })),
  client: z.string(),
  /** What stood further left, from the right: at most ten entries, each cut to 64 characters. Anybody can write that. */
  ignored: z.array(z.string()),
  /** Header fields of the request that name an address; only X-Forwarded-For is ever read. */
  forwardedBy: z.array(z.string()),
});

export type ProxyChain = z.output<typeof proxyChain>;

const count = z.pipe(
  z.optional(z.string().check(z.regex(/^([1-9]\d?|100)$/, 'A number from 1 to 100.'))),
  z.transform((text: string | undefined) => Number(text ?? 50)),
);

const read = { permission: 'limits:read' } as const;

export const getLimits = defineEndpoint({
  name: 'getLimits',
  method: 'GET',
  path: '/api/limits',
  tag: 'Limits',
  summary: 'The quota policies in force',
  description: 'Every quota with its number, what it counts by, what is rehearsed beside it, and where it is counted.',
  access: read,
  quota: 'general',
  answers: {
    200: z.object({
      counting: z.object({
        /** `process`: each server counts by itself. */
        where: z.enum(['redis', 'process']),
        /** Redis is configured and does not answer. */
        isDegraded: z.boolean(),
      }),
      quotas: z.array(
        z.object({
          quota: name,
          policy: z.string(),
          partition: z.enum(partitions),
          windowSeconds: z.int(),
          /** Null: not limited. */
          limit: z.nullable(z.int()),
          /** Tried out beside it, and refuses nobody; null: nothing is. */
          rehearsedLimit: z.nullable(z.int()),
        }),
      ),
    }),
  },
  problems: [],
});

export const listLimitConsumers = defineEndpoint({
  name: 'listLimitConsumers',
  method: 'GET',
  path: '/api/limits/consumers',
  tag: 'Limits',
  summary: 'Who uses most of a quota',
  description:
    'Partitions that have used a tenth of a quota or more, the fullest first; at most 500 are remembered. Addresses are masked.',
  access: read,
  quota: 'general',
  query: z.strictObject({ count }),
  answers: { 200: z.object({ consumers: z.array(consumer) }) },
  problems: [],
});

export const listBlocked = defineEndpoint({
  name: 'listBlocked',
  method: 'GET',
  path: '/api/limits/blocked',
  tag: 'Limits',
  summary: 'Who is refused now',
  description: 'Partitions whose next request a quota refuses, and accounts whose sign-in waits after wrong passwords.',
  access: read,
  quota: 'general',
  query: z.strictObject({ count }),
  answers: { 200: z.object({ consumers: z.array(consumer), accounts: z.array(throttledAccount) }) },
  problems: [],
});

const address = z.string().check(z.maxLength(64));
const user = z
  .string()
  .check(z.minLength(1), z.maxLength(320))
  .register(z.globalRegistry, { description: 'A user name, an e-mail address or the id of a user.' });

export const getLimitStanding = defineEndpoint({
  name: 'getLimitStanding',
  method: 'GET',
  path: '/api/limits/standing',
  tag: 'Limits',
  summary: 'Where one address or user stands',
  description: 'Every quota that counts this address, or this user; looking counts nothing.',
  access: read,
  quota: 'general',
  query: z.strictObject({ address: z.optional(address), user: z.optional(user) }),
  answers: { 200: z.object({ quotas: z.array(consumer) }) },
  problems: ['not-found'],
});

export const releaseLimits = defineEndpoint({
  name: 'releaseLimits',
  method: 'POST',
  path: '/api/limits/releases',
  tag: 'Limits',
  summary: 'Release an address, a user or a key',
  description:
    'Sets the counters of one partition back to nothing, and ends the wait of an account after wrong passwords. Name exactly one: an address; a user by name, address or id (an account that does not exist can wait too); or a key from one of the lists. Recorded as `limit_released`.',
  access: { permission: 'limits:update' },
  quota: 'general',
  body: z.strictObject({
    address: z.optional(address),
    user: z.optional(user),
    key: z.optional(z.string().check(z.regex(/^[\w-]{22,64}$/, 'This is not a key of these lists.'))),
  }),
  answers: { 200: z.object({ key: z.string(), accounts: z.int() }) },
  problems: [],
});

export const explainRefusal = defineEndpoint({
  name: 'explainRefusal',
  method: 'GET',
  path: '/api/limits/refusals/:requestId',
  tag: 'Limits',
  summary: 'Why a request was answered 429',
  description:
    'By the request id of the answer, for a day: the policies that refused it, where every counter stood, whom it was counted as, and how its address was found. The latest 10,000 are kept, of one partition in one window the first 500.',
  access: read,
  quota: 'general',
  params: z.object({ requestId: z.string().check(z.regex(/^[\w-]{8,64}$/, 'This is not a request id.')) }),
  answers: {
    200: z.object({
      requestId: z.string(),
      refusedAt: instant,
      problem: z.string(),
      method: z.string(),
      route: z.string(),
      retryAfterSeconds: z.int(),
      violatedPolicies: z.array(z.string()),
      counters: z.array(limitState),
      proxyChain,
    }),
  },
  problems: ['not-found'],
});

export const listRehearsals = defineEndpoint({
  name: 'listRehearsals',
  method: 'GET',
  path: '/api/limits/rehearsals',
  tag: 'Limits',
  summary: 'What the rehearsed quotas would have stopped',
  description:
    'For each quota of `RATE_LIMIT_SHADOW_…`: how many requests it would have refused since its count began (a day at most), and whose.',
  access: read,
  quota: 'general',
  answers: {
    200: z.object({
      rehearsals: z.array(
        z.object({
          quota: name,
          limit: z.int(),
          requests: z.int(),
          /** Null: it would have refused nobody. */
          since: z.nullable(instant),
          partitions: z.array(z.object({ ...partition, requests: z.int() })),
        }),
      ),
    }),
  },
  problems: [],
});

export const limitEndpoints = [
  getLimits,
  listLimitConsumers,
  listBlocked,
  getLimitStanding,
  releaseLimits,
  explainRefusal,
  listRehearsals,
] as const;
