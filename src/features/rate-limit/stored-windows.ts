// Where Redis keeps the counters: a key for each window of each partition, which goes with its window. Releases that run side by side count
// in the same ones.
import type { PolicyPartition } from './counters.ts';
import type { Policy } from './policies.ts';

/** A window as commands to Redis name it. */
export interface StoredWindow {
  readonly prefix: string;
  /** Milliseconds. */
  readonly length: string;
  readonly limit: string;
}

const known = new WeakMap<Policy, readonly StoredWindow[]>();

/** Each policy's windows are written once, and not for each request. */
export function storedWindowsOf(policy: Policy): readonly StoredWindow[] {
  const found = known.get(policy);
  if (found !== undefined) return found;
  const made = policy.quotas.map(({ window, windowSeconds, limit }) => ({
    prefix: `gatehouse:quota:${policy.id}-${window}:`,
    length: String(windowSeconds * 1000),
    limit: String(limit),
  }));
  known.set(policy, made);
  return made;
}

export const storedKeysOf = ({ policy, key }: PolicyPartition): string[] =>
  storedWindowsOf(policy).map(({ prefix }) => prefix + key);
