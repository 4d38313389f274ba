// What is made of the counts of one request: a refusal, a note for the administrator, or nothing.
import { Problem } from '#contract/problem.ts';
import type { LimitState, Partition } from '#contract/quota.ts';
import type { WindowCount } from './counters.ts';
import { secondsLeft } from './header-fields.ts';
import { isWorthNoting } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { isOver } from './limiter.ts';
import type { Keys, Policy, Quota } from './limiter.ts';
import { maskPartition } from './partition-key.ts';

/** Who is counted, by what: what is not known is not counted by. */
export interface Caller {
  /** The address, the id of the user or of the session. */
  readonly values: Readonly<Partial<Record<Partition, string>>>;
  readonly keys: Keys;
}

/** What one window of one policy says. */
export interface Count {
  readonly policy: Policy;
  readonly quota: Quota;
  /** Of the window in the policy. */
  readonly place: number;
  readonly count: WindowCount;
}

const isViolated = ({ quota, count }: Count): boolean => isOver(quota, count);

/** Being refused by one quota must not use up another. */
function takeBack(counts: readonly Count[], { keys }: Caller): void {
  const within = counts.filter((each) => !isViolated(each));
  for (const [policy, of] of Map.groupBy(within, (each) => each.policy))
    policy.counters.takeBack(
      keys[policy.partition] ?? '',
      of.map(({ place }) => place),
    );
}

/** Whom a policy counts, as far as an administrator may see it. */
function describe({ policy: { partition }, quota, count }: Count, { values, keys }: Caller): LimitState {
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

export type Judge = (caller: Caller, enforced: readonly Count[], rehearsed: readonly Count[]) => void;

export function createJudge({ ledger, now }: { ledger: Ledger; now: () => number }): Judge {
  /** @throws Problem `quota-exceeded`: waiting as long as it says works */
  function refuse(violated: readonly Count[], limitStates: LimitState[]): never {
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
      if (isWorthNoting(each.quota.limit, each.count.used)) ledger.noteConsumer(describe(each, caller));
    if (enforced.some(isViolated)) {
      takeBack(enforced, caller);
      takeBack(rehearsed, caller);
      const states = enforced.map((each) => describe(each, caller));
      refuse(enforced.filter(isViolated), states);
    }
    if (!rehearsed.some(isViolated)) return;
    takeBack(rehearsed, caller);
    for (const each of rehearsed) if (isViolated(each)) ledger.noteStopped(describe(each, caller));
  };
}
