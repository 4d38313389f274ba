// What a policy counts with, whether in the process or in Redis.

/** Where a partition stands in one window. */
export interface WindowCount {
  /** Requests so far, the one that was just counted included. */
  readonly used: number;
  /** When the window ends, in milliseconds since 1970. */
  readonly resetAt: number;
}

/** The counters of one policy: for each partition one for each window of the policy, in the order of its windows. */
export interface Counters {
  increment(key: string): readonly WindowCount[] | Promise<readonly WindowCount[]>;
  /** A request that another quota refused was none for these windows (by their place). Nobody waits for it, and it never goes below nothing. */
  takeBack(key: string, places: readonly number[]): void;
  /** Undefined for a window that has not begun, or is over. */
  read(key: string): Promise<readonly (WindowCount | undefined)[]>;
  reset(key: string): Promise<void>;
  /** Of this process: another one has reset it. */
  forget(key: string): void;
}
