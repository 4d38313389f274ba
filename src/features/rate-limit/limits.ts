// What administrators do with limits: look at them, at who is near or over them, and let somebody go on.
import { id } from '#contract/fields.ts';
import { Problem } from '#contract/problem.ts';
import { quotaPolicies, quotaPolicyNames, windows } from '#contract/quota.ts';
import type { Partition, QuotaPolicyName, WindowName } from '#contract/quota.ts';
import type { Database } from '../../database/open.ts';
import { canonicalAddress } from '../../http/client-address.ts';
import type { Origin } from '../../http/principal.ts';
import type { Redis } from '../../redis.ts';
import { randomToken } from '../../security/random-token.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { BlockedLane, SignInThrottle } from '../sign-in-throttle/index.ts';
import type { Users } from '../users/index.ts';
import type { Counters, PolicyPartition } from './counters.ts';
import type { Ledger } from './ledger.ts';
import { maskPartition } from './partition-key.ts';
import type { KeyOf } from './partition-key.ts';
import type { Policies, QuotaNumbers } from './policies.ts';
import { readConsumers, readStandings } from './standings.ts';

/** Exactly one of them. */
export interface Which {
  address?: string | undefined;
  user?: string | undefined;
  key?: string | undefined;
}

/** Accounts whose sign-ins wait after wrong passwords. */
type SignInLanes = Pick<SignInThrottle, 'listBlocked' | 'release'>;
type LaneOf = Parameters<SignInLanes['release']>[1];

export interface LimitsParts {
  database: Database;
  users: Pick<Users, 'findById' | 'findByIdentifier'>;
  lanes: SignInLanes;
  audit: Audit;
}

interface Parts extends LimitsParts {
  policies: Policies;
  counters: Counters;
  numbers: QuotaNumbers;
  rehearsed: Readonly<Partial<QuotaNumbers>>;
  keyOf: KeyOf;
  ledger: Ledger;
  redis: Redis | undefined;
}

interface Resolved {
  /** Undefined for a key of a list, which does not say what it counts by. */
  partition: Partition | undefined;
  key: string;
  label: string;
  lane?: LaneOf;
  isUnknown?: true;
}

function assertOne(which: Which): void {
  if (Object.values(which).filter((value) => value !== undefined).length === 1) return;
  throw new Problem('invalid-input', { detail: 'Name exactly one: an address, a user, or a key where one is taken.' });
}

/** Which counters, and which sign-ins. */
async function resolve({ address, user = '', key }: Which, { users, keyOf }: Parts): Promise<Resolved> {
  if (key !== undefined) return { partition: undefined, key, label: key, lane: { key } };
  if (address !== undefined) {
    const client = canonicalAddress(address);
    if (client === undefined) throw new Problem('invalid-input', { detail: `This is not an IP address: ${address}.` });
    const found = keyOf('address', client);
    return { partition: 'address', key: found, label: maskPartition('address', client, found) };
  }
  const row = await (id.safeParse(user).success ? users.findById(user) : users.findByIdentifier(user));
  if (row !== undefined)
    return { partition: 'user', key: keyOf('user', row.id), label: row.id, lane: { userId: row.id } };
  return { partition: 'user', key: keyOf('user', user), label: 'unknown', lane: { identifier: user }, isUnknown: true };
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

const viewLane = (lane: BlockedLane) => ({
  key: lane.key,
  userId: lane.userId,
  lane: lane.kind,
  failures: lane.failures,
  failuresInRow: lane.inRow,
  blockedUntil: lane.blockedUntil === null ? null : iso(lane.blockedUntil),
  lastFailedAt: iso(lane.lastFailedAt),
});

/** Each could have all windows, but the one of pages, which is one window. */
const windowNamesOf = (policy: QuotaPolicyName, numbers: QuotaNumbers): WindowName[] =>
  Object.keys(policy === 'pages' ? numbers.pages : windows) as WindowName[];

function describeQuotas({ numbers, rehearsed }: Parts) {
  return quotaPolicyNames.flatMap((policy) =>
    windowNamesOf(policy, numbers).map((window) => ({
      quota: `${policy}-${window}`,
      policy,
      partition: quotaPolicies[policy].partition,
      windowSeconds: windows[window],
      limit: numbers[policy][window] ?? null,
      rehearsedLimit: rehearsed[policy]?.[window] ?? null,
    })),
  );
}

/** Who releases, and from where. */
export interface Releaser {
  actor: Actor;
  /** Absent for the operator. */
  sessionId?: string;
  origin: Origin;
}

function createRelease(parts: Parts) {
  const { policies, counters, database, lanes, audit } = parts;
  const partitionsOf = (key: string): PolicyPartition[] =>
    [...policies.enforced, ...policies.rehearsed].map((policy) => ({ policy, key }));

  /** Names this process: what it has published comes back to it later, when the counters have begun anew. */
  const ownName = randomToken(8);

  database.changes.subscribe((topic) => {
    const [kind, key = '', releasedBy] = topic.split(':');
    if (kind === 'limits' && releasedBy !== ownName) counters.forget(partitionsOf(key));
  });

  /**
   * Recorded first, in one transaction with the waits that end; the counters go once that has been committed.
   * @throws Problem `unavailable` where what Redis counts is still there
   */
  return async function release(which: Which, releaser: Releaser): Promise<{ key: string; accounts: number }> {
    assertOne(which);
    const { key, label, lane } = await resolve(which, parts);
    const accounts = await database.transaction(async (tx) => {
      const ended = lane === undefined ? 0 : await lanes.release(tx, lane);
      const event = { ...releaser, target: { type: 'limit', id: key }, details: { label, accounts: ended } } as const;
      await audit.record(tx, { ...event, name: 'limit_released' });
      await tx.publish(`limits:${key}:${ownName}`);
      return ended;
    });
    if (await counters.reset(partitionsOf(key))) return { key, accounts };
    throw new Problem('unavailable', {
      detail:
        'Released on this server. Redis does not answer, and what it has counted stays: release again when it does.',
      retryAfterSeconds: 5,
    });
  };
}

export function createLimits(parts: Parts) {
  const { policies, counters, ledger, redis } = parts;
  return {
    release: createRelease(parts),
    overview: () => ({
      counting: {
        where: redis === undefined ? ('process' as const) : ('redis' as const),
        isDegraded: redis !== undefined && !redis.isAnswering(),
      },
      quotas: describeQuotas(parts),
    }),
    consumers: async (count: number) => (await readConsumers(policies.enforced, counters, ledger)).slice(0, count),
    async blocked(count: number) {
      const [consumers, accounts] = await Promise.all([
        readConsumers(policies.enforced, counters, ledger),
        parts.lanes.listBlocked(count),
      ]);
      const blocked = consumers.filter(({ isBlocked }) => isBlocked).slice(0, count);
      return { consumers: blocked, accounts: accounts.map(viewLane) };
    },
    /** @throws Problem `not-found` */
    async standing(which: Pick<Which, 'address' | 'user'>) {
      assertOne(which);
      const { partition, key, label, isUnknown } = await resolve(which, parts);
      if (isUnknown === true) throw new Problem('not-found', { detail: 'There is no such user.' });
      const applying = policies.enforced.filter((policy) => policy.partition === partition);
      return (await Promise.all(applying.map((policy) => readStandings(counters, policy, key, label)))).flat();
    },
    /** @throws Problem `not-found` */
    async explain(requestId: string) {
      const refusal = await ledger.findRefusal(requestId);
      if (refusal !== undefined) return refusal;
      throw new Problem('not-found', { detail: 'No request with this id was answered 429 in the last day.' });
    },
    async rehearsals() {
      const quotas = policies.rehearsed.flatMap((policy) => policy.quotas);
      return await Promise.all(
        quotas.map(async ({ name, limit }) => {
          const found = await ledger.findStopped(name);
          const since = found === undefined ? null : iso(found.since);
          const partitions = found?.partitions.slice(0, 20) ?? [];
          return { quota: name, limit, requests: found?.requests ?? 0, since, partitions };
        }),
      );
    },
  };
}

export type Limits = ReturnType<typeof createLimits>;
