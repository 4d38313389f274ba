// What requests are counted with, whether in the process or in Redis.
import type { Policy } from './policies.ts';

/** Where a partition stands in one window. */
export interface WindowCount {
  /** Requests so far; more than the limit where this one is refused by it. */
  readonly used: number;
  /** When the window ends, in milliseconds since 1970. */
  readonly resetAt: number;
}

/** One partition of one policy: counted in each window of the policy. */
export interface PolicyPartition {
  readonly policy: Policy;
  readonly key: string;
}

/** The windows of all parts, in their order. */
export interface Counted {
  readonly enforced: readonly WindowCount[];
  /** Empty where the request was refused: it never came to what is rehearsed. */
  readonly rehearsed: readonly WindowCount[];
  /** As if it had not been counted. What has begun anew meanwhile is left alone, and nothing goes below nothing. Nobody waits for it. */
  takeBack(): void;
}

export interface Counters {
  /**
   * Counts one request at once in every window, where none of them is full. Where some are, it is refused, and counted in those alone: what
   * one quota refuses must use up no other, not even for a moment. A promise only where there is something to wait for.
   */
  count(enforced: readonly PolicyPartition[], rehearsed: readonly PolicyPartition[]): Counted | Promise<Counted>;
  /** Undefined for a window that has not begun, or is over. */
  read(part: PolicyPartition): Promise<readonly (WindowCount | undefined)[]>;
  /** Resolves with whether it is gone everywhere. */
  reset(parts: readonly PolicyPartition[]): Promise<boolean>;
  /** Of this process: another one has reset them. */
  forget(parts: readonly PolicyPartition[]): void;
}

/** Of this process: nothing to wait for. */
export interface OwnCounters extends Counters {
  count(enforced: readonly PolicyPartition[], rehearsed: readonly PolicyPartition[]): Counted;
}
