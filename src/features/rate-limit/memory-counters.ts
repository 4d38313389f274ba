// Counters in the process: without Redis, or while it is away. Bounded: a million made-up addresses push out the oldest
// counters, they do not fill the memory (express-rate-limit's own store does: 197 MB per million keys).
import type { ClientRateLimitInfo, Store } from 'express-rate-limit';
import { LRUCache } from 'lru-cache';

/** Of one quota. About 20 MB for all of them together where each is full. */
const LARGEST = 20_000;

interface Counter {
  totalHits: number;
  resetTime: Date;
}

export class MemoryCounters implements Store {
  readonly localKeys = true;
  readonly #counters = new LRUCache<string, Counter>({ max: LARGEST });
  readonly #windowMs: number;
  readonly #now: () => number;

  constructor(windowMs: number, now: () => number) {
    this.#windowMs = windowMs;
    this.#now = now;
  }

  increment(key: string): ClientRateLimitInfo {
    const now = this.#now();
    const known = this.#counters.get(key);
    if (known !== undefined && known.resetTime.getTime() > now) {
      known.totalHits += 1;
      return known;
    }
    const counter = { totalHits: 1, resetTime: new Date(now + this.#windowMs) };
    this.#counters.set(key, counter);
    return counter;
  }

  /** Never below nothing: the window may be another one by now. */
  decrement(key: string): void {
    const known = this.#counters.get(key);
    if (known !== undefined && known.totalHits > 0) known.totalHits -= 1;
  }

  resetKey(key: string): void {
    this.#counters.delete(key);
  }
}
