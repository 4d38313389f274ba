// What administrators are told about limits: who comes near a quota, why a request was refused, what a rehearsal would have stopped.
// Bounded, and kept for a day; written beside the request, which never waits for it.
import type { ProxyChain } from '#contract/limits.ts';
import type { LimitState } from '#contract/quota.ts';

/** Milliseconds. */
export const KEPT_MS = 24 * 60 * 60 * 1000;

export const ledgerLimits = {
  /** Partitions that have used a tenth of a quota or more. */
  consumers: 500,
  /** The latest ones. */
  refusals: 10_000,
  /** Of one partition in one window: a flood must not push out what everybody else wants to know. */
  refusalsOfOne: 500,
  /** Of one rehearsed quota. */
  stopped: 500,
} as const;

/** Once in a window at most: a tenth of the quota is used. */
export const isNear = (limit: number, used: number): boolean =>
  used === Math.min(limit, Math.max(2, Math.ceil(limit / 10)));

/** Why a request was answered 429. */
export interface Refusal {
  readonly requestId: string;
  /** ISO 8601. */
  readonly refusedAt: string;
  readonly problem: string;
  readonly method: string;
  /** The pattern of its path. */
  readonly route: string;
  readonly retryAfterSeconds: number;
  readonly violatedPolicies: string[];
  readonly counters: LimitState[];
  /** How the client's address was found. */
  readonly proxyChain: ProxyChain;
}

export type StoppedPartition = Pick<LimitState, 'partition' | 'key' | 'label'> & { requests: number };

/** What one rehearsed quota would have refused since its count began, a day ago at most. */
export interface Stopped {
  readonly quota: string;
  readonly requests: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** The most refused first. */
  readonly partitions: StoppedPartition[];
}

export interface Ledger {
  noteConsumer(state: LimitState): void;
  /** Those whose window is not over, as they were when they were noted. */
  consumers(): Promise<readonly LimitState[]>;
  noteRefusal(refusal: Refusal): void;
  findRefusal(requestId: string): Promise<Refusal | undefined>;
  noteStopped(state: LimitState): void;
  /** Undefined for a quota that would have refused nobody. */
  findStopped(quota: string): Promise<Stopped | undefined>;
}
