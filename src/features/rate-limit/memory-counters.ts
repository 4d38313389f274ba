// Counters in the process: without Redis, or while it is away. Bounded: a million made-up addresses push out the oldest
// counters, they do not fill the memory (express-rate-limit's own store does: 197 MB per million keys).
import { LRUCache } from 'lru-cache';
import type { Counters, Part, WindowCount } from './counters.ts';
import type { Policy } from './policies.ts';

/** Partitions of one policy, which take 8 MB. */
const LARGEST = 20_000;

interface Counter {
  used: number;
  resetAt: number;
  readonly limit: number;
}

const isFull = ({ used, limit }: Counter): boolean => used >= limit;

/** @returns those that were counted */
function countIn(windows: readonly Counter[]): readonly Counter[] {
  const counted = windows.some(isFull) ? windows.filter(isFull) : windows;
  for (const window of counted) window.used += 1;
  return counted;
}

/** A copy: the counter goes on while this request is on its way. */
const copy = ({ used, resetAt }: Counter): WindowCount => ({ used, resetAt });

/** What is over; also what ends too far away, after the clock was set back. */
function beginAnew(windows: readonly Counter[], policy: Policy, at: number): void {
  for (const [place, { windowSeconds }] of policy.quotas.entries()) {
    const window = windows[place] as Counter;
    const end = at + windowSeconds * 1000;
    if (window.resetAt > at && window.resetAt <= end) continue;
    window.used = 0;
    window.resetAt = end;
  }
}

export function createMemoryCounters(now: () => number): Counters {
  const policies = new Map<string, LRUCache<string, Counter[]>>();

  function partitionsOf(id: string): LRUCache<string, Counter[]> {
    const known = policies.get(id);
    if (known !== undefined) return known;
    const made = new LRUCache<string, Counter[]>({ max: LARGEST });
    policies.set(id, made);
    return made;
  }

  function windowsOf({ policy, key }: Part, at: number): Counter[] {
    const partitions = partitionsOf(policy.id);
    let windows = partitions.get(key);
    if (windows === undefined) {
      windows = policy.quotas.map(({ limit }) => ({ used: 0, resetAt: 0, limit }));
      partitions.set(key, windows);
    }
    beginAnew(windows, policy, at);
    return windows;
  }

  const windowsOfAll = (parts: readonly Part[], at: number): Counter[] => {
    const all: Counter[] = [];
    for (const part of parts) all.push(...windowsOf(part, at));
    return all;
  };

  return {
    count(enforced, rehearsed) {
      const at = now();
      const own = windowsOfAll(enforced, at);
      const isRefused = own.some(isFull);
      const tried = isRefused ? [] : windowsOfAll(rehearsed, at);
      const counted = [countIn(own), countIn(tried)];
      const counts = [own.map(copy), tried.map(copy)] as const;
      return {
        enforced: counts[0],
        rehearsed: counts[1],
        takeBack() {
          const before = counts.flat();
          for (const [index, window] of [...own, ...tried].entries())
            if (window.resetAt === before[index]?.resetAt && window.used > 0 && counted.flat().includes(window))
              window.used -= 1;
        },
      };
    },
    async read({ policy, key }) {
      const at = now();
      const windows = partitionsOf(policy.id).peek(key);
      return policy.quotas.map((_, place) => {
        const window = windows?.[place];
        return window === undefined || window.resetAt <= at ? undefined : copy(window);
      });
    },
    async reset(parts) {
      this.forget(parts);
      return true;
    },
    forget(parts) {
      for (const { policy, key } of parts) partitionsOf(policy.id).delete(key);
    },
  };
}
