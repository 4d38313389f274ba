// Counters in the process: without Redis, or while it is away. Bounded: a million made-up addresses push out the oldest
// counters, they do not fill the memory (express-rate-limit's own store does: 197 MB per million keys).
import { LRUCache } from 'lru-cache';
import type { OwnCounters, PolicyPartition, WindowCount } from './counters.ts';
import type { Policy, Quota } from './policies.ts';

/** Partitions of one policy, which take 8 MB. */
const LARGEST = 20_000;

interface Counter {
  used: number;
  resetAt: number;
  readonly limit: number;
}

const isFull = ({ used, limit }: Counter): boolean => used >= limit;

/** In all windows, or, where some are full, in those alone. */
function countIn(windows: readonly Counter[], isRefused: boolean): void {
  for (const window of windows) if (!isRefused || isFull(window)) window.used += 1;
}

/** A copy: the counter goes on while this request is on its way. */
const copy = ({ used, resetAt }: Counter): WindowCount => ({ used, resetAt });

/** What is over; also what ends too far away, after the clock was set back. */
function beginAnew(windows: readonly Counter[], policy: Policy, at: number): void {
  for (let place = 0; place < windows.length; place += 1) {
    const window = windows[place] as Counter;
    const end = at + (policy.quotas[place] as Quota).windowSeconds * 1000;
    if (window.resetAt > at && window.resetAt <= end) continue;
    window.used = 0;
    window.resetAt = end;
  }
}

/** What was counted, and has neither begun anew since nor been taken back altogether. */
function takeBackFrom(windows: readonly Counter[], counts: readonly WindowCount[], isRefused: boolean): void {
  for (const [index, { used, resetAt }] of counts.entries()) {
    const window = windows[index] as Counter;
    const wasCounted = !isRefused || used > window.limit;
    if (wasCounted && window.resetAt === resetAt && window.used > 0) window.used -= 1;
  }
}

const NONE: readonly never[] = [];

/** The counters of every partition, by policy: the ones asked for longest ago go first. */
function createPartitions() {
  const policies = new Map<string, LRUCache<string, Counter[]>>();

  function partitionsOf(id: string): LRUCache<string, Counter[]> {
    const known = policies.get(id);
    if (known !== undefined) return known;
    const made = new LRUCache<string, Counter[]>({ max: LARGEST });
    policies.set(id, made);
    return made;
  }

  function countersOf({ policy, key }: PolicyPartition, at: number): Counter[] {
    const partitions = partitionsOf(policy.id);
    let windows = partitions.get(key);
    if (windows === undefined) {
      windows = policy.quotas.map(({ limit }) => ({ used: 0, resetAt: 0, limit }));
      partitions.set(key, windows);
    }
    beginAnew(windows, policy, at);
    return windows;
  }

  return {
    countersOf(parts: readonly PolicyPartition[], at: number): readonly Counter[] {
      if (parts.length === 0) return NONE;
      const all: Counter[] = [];
      for (const part of parts) for (const window of countersOf(part, at)) all.push(window);
      return all;
    },
    find: ({ policy, key }: PolicyPartition): readonly Counter[] | undefined => partitionsOf(policy.id).peek(key),
    forget: ({ policy, key }: PolicyPartition): boolean => partitionsOf(policy.id).delete(key),
  };
}

export function createMemoryCounters(now: () => number): OwnCounters {
  const partitions = createPartitions();
  return {
    count(enforced, rehearsed) {
      const at = now();
      const own = partitions.countersOf(enforced, at);
      const isRefused = own.some(isFull);
      const tried = isRefused ? NONE : partitions.countersOf(rehearsed, at);
      const wouldBeRefused = tried.some(isFull);
      countIn(own, isRefused);
      countIn(tried, wouldBeRefused);
      const counts = own.map(copy);
      const triedCounts = tried.length === 0 ? NONE : tried.map(copy);
      return {
        enforced: counts,
        rehearsed: triedCounts,
        takeBack() {
          takeBackFrom(own, counts, isRefused);
          takeBackFrom(tried, triedCounts, wouldBeRefused);
        },
      };
    },
    async read(part) {
      const at = now();
      const windows = partitions.find(part);
      return part.policy.quotas.map((_, place) => {
        const window = windows?.[place];
        return window === undefined || window.resetAt <= at ? undefined : copy(window);
      });
    },
    async reset(parts) {
      this.forget(parts);
      return true;
    },
    forget(parts) {
      for (const part of parts) partitions.forget(part);
    },
  };
}
