// What is made of the counts of one request: a refusal, a note for the administrator, or nothing.
import { Problem } from '#contract/problem.ts';
import type { LimitState, Partition } from '#contract/quota.ts';
import type { WindowCount } from './counters.ts';
import { secondsLeft } from './header-fields.ts';
import { isNear } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { Keys } from './limiter.ts';
import { maskPartition } from './partition-key.ts';
import type { Policy, Quota } from './policies.ts';

/** Who is counted, by what: what is not known is not counted by. */
export interface Caller {
  /** The address, the id of the user or of the session. */
  readonly values: Readonly<Partial<Record<Partition, string>>>;
  readonly keys: Keys;
}

/** What one window of one policy says. */
export interface Reading {
  readonly quota: Quota;
  readonly partition: Partition;
  readonly count: WindowCount;
}

/** @param counts of all windows, in their order */
export function readingsOf(policies: readonly Policy[], counts: readonly WindowCount[]): Reading[] {
  if (counts.length === 0) return [];
  let index = -1;
  return policies.flatMap(({ partition, quotas }) =>
    quotas.map((quota) => {
      index += 1;
      return { quota, partition, count: counts[index] as WindowCount };
    }),
  );
}

const isViolated = ({ quota, count }: Reading): boolean => count.used > quota.limit;

/** Whom a policy counts, as far as an administrator may see it. */
function describe({ partition, quota, count }: Reading, { values, keys }: Caller): LimitState {
  const key = keys[partition] ?? '';
  return {
    quota: quota.name,
    partition,
    key,
    label: maskPartition(partition, values[partition] ?? '', key),
    used: count.used,
    limit: quota.limit,
    resetsAt: new Date(count.resetAt).toISOString(),
  };
}

export type Judge = (caller: Caller, enforced: readonly Reading[], rehearsed: readonly Reading[]) => void;

export function createJudge({ ledger, now }: { ledger: Ledger; now: () => number }): Judge {
  /** @throws Problem `quota-exceeded`: waiting as long as it says works */
  function refuse(violated: readonly Reading[], limitStates: LimitState[]): never {
    const at = now();
    throw new Problem('quota-exceeded', {
      detail: 'This address, or this account, has asked more often than it may.',
      retryAfterSeconds: Math.max(1, ...violated.map(({ count }) => secondsLeft(count, at))),
      violatedPolicies: violated.map(({ quota }) => quota.name),
      limitStates,
    });
  }

  return (caller, enforced, rehearsed) => {
    for (const each of enforced)
      if (isNear(each.quota.limit, each.count.used)) ledger.noteConsumer(describe(each, caller));
    if (enforced.some(isViolated))
      refuse(
        enforced.filter(isViolated),
        enforced.map((each) => describe(each, caller)),
      );
    for (const each of rehearsed) if (isViolated(each)) ledger.noteStopped(describe(each, caller));
  };
}
