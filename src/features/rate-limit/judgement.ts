// What is made of the counts of one request: a refusal, a note for the administrator, or nothing.
import { Problem } from '#contract/problem.ts';
import type { LimitState, Partition } from '#contract/quota.ts';
import { limitEvidence } from '../../http/quota.ts';
import type { Counted, WindowCount } from './counters.ts';
import { secondsLeft } from './header-fields.ts';
import { isNear } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { maskPartition } from './partition-key.ts';
import type { Keys } from './partition-key.ts';
import type { Policy, Quota } from './policies.ts';

/** Who is counted, by what: what is not known is not counted by. */
export interface CountedIdentity {
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

export type Window = Omit<Reading, 'count'>;

/** In the order that they are counted in. */
export const windowsOfPolicies = (policies: readonly Policy[]): Window[] =>
  policies.flatMap(({ partition, quotas }) => quotas.map((quota) => ({ quota, partition })));

/** @param counts none where they were not counted */
const read = (windows: readonly Window[], counts: readonly WindowCount[]): Reading[] =>
  counts.map((count, index) => ({ ...(windows[index] as Window), count }));

/** Near, or over: most requests are neither, and cost nothing more. */
const isNotable = ({ quota: { limit } }: Window, { used }: WindowCount): boolean => used > limit || isNear(limit, used);

const isViolated = ({ quota, count }: Reading): boolean => count.used > quota.limit;

/** Whom a policy counts, as far as an administrator may see it. */
function describe({ partition, quota, count }: Reading, { values, keys }: CountedIdentity): LimitState {
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

/** The windows that count a request. */
export interface Windows {
  readonly enforced: readonly Window[];
  readonly rehearsed: readonly Window[];
  /** What a refused person is told, where another sentence suits them better. */
  readonly advise?: (retryAfterSeconds: number) => string;
}

type Advise = NonNullable<Windows['advise']>;

const adviseCaller: Advise = () => 'This address, or this account, has asked more often than it may.';

export type Judge = (caller: CountedIdentity, windows: Windows, counted: Omit<Counted, 'takeBack'>) => void;

export function createJudge({ ledger, now }: { ledger: Ledger; now: () => number }): Judge {
  /** @throws Problem `quota-exceeded`: waiting as long as it says works */
  function refuse(violated: readonly Reading[], limitStates: LimitState[], advise: Advise): never {
    const at = now();
    const retryAfterSeconds = Math.max(1, ...violated.map(({ count }) => secondsLeft(count, at)));
    const problem = new Problem('quota-exceeded', {
      detail: advise(retryAfterSeconds),
      retryAfterSeconds,
      extensions: { 'violated-policies': violated.map(({ quota }) => quota.name) },
    });
    throw limitEvidence.attach(problem, limitStates);
  }

  function judgeReadings(caller: CountedIdentity, readings: readonly Reading[], advise: Advise): void {
    for (const each of readings)
      if (isNear(each.quota.limit, each.count.used)) ledger.noteConsumer(describe(each, caller));
    const violated = readings.filter(isViolated);
    if (violated.length === 0) return;
    refuse(
      violated,
      readings.map((each) => describe(each, caller)),
      advise,
    );
  }

  return (caller, { enforced, rehearsed, advise = adviseCaller }, counted) => {
    if (enforced.some((window, index) => isNotable(window, counted.enforced[index] as WindowCount)))
      judgeReadings(caller, read(enforced, counted.enforced), advise);
    if (counted.rehearsed.length === 0) return;
    for (const each of read(rehearsed, counted.rehearsed))
      if (isViolated(each)) ledger.noteStopped(describe(each, caller));
  };
}
