// Counters in the process: without Redis, or while it is away. Bounded: a million made-up addresses push out the oldest
// counters, they do not fill the memory (express-rate-limit's own store does: 197 MB per million keys).
import { LRUCache } from 'lru-cache';
import type { Counters, WindowCount } from './counters.ts';

/** Partitions of one policy. About 30 MB for all policies together where each is full. */
const LARGEST = 20_000;

interface Counter {
  used: number;
  resetAt: number;
}

export function createMemoryCounters(windowMs: readonly number[], now: () => number): Counters {
  const partitions = new LRUCache<string, Counter[]>({ max: LARGEST });

  function begin(key: string): Counter[] {
    const counters = windowMs.map(() => ({ used: 0, resetAt: 0 }));
    partitions.set(key, counters);
    return counters;
  }

  return {
    increment(key) {
      const at = now();
      const counters = partitions.get(key) ?? begin(key);
      return counters.map((counter, place): WindowCount => {
        if (counter.resetAt <= at) {
          counter.used = 0;
          counter.resetAt = at + (windowMs[place] ?? 0);
        }
        counter.used += 1;
        // A copy: the counter goes on while this request is on its way.
        return { used: counter.used, resetAt: counter.resetAt };
      });
    },
    takeBack(key, places) {
      const counters = partitions.get(key);
      for (const place of places) {
        const counter = counters?.[place];
        if (counter !== undefined && counter.used > 0) counter.used -= 1;
      }
    },
    async read(key) {
      const at = now();
      const counters = partitions.peek(key);
      return windowMs.map((_, place) => {
        const counter = counters?.[place];
        return counter === undefined || counter.resetAt <= at ? undefined : { ...counter };
      });
    },
    async reset(key) {
      partitions.delete(key);
    },
    forget: (key) => void partitions.delete(key),
  };
}
