// What a feature may bring to the application, beside what other features are given of it. The composition root joins the lists.
import type { HealthPart } from '#contract/health.ts';
import type { CredentialReader } from '../http/credential.ts';
import type { Route } from '../http/route.ts';

/** Done once an hour by every server: each has to be safe in any number of them at once. */
export interface Chore {
  /** What is removed or renewed, for the log: `ended sessions`. */
  readonly name: string;
  /** Resolves with how many that were. */
  run(): Promise<number>;
}

export interface Feature {
  readonly routes?: readonly Route[];
  /** In the order in which they are asked. */
  readonly credentials?: readonly CredentialReader[];
  /** What must be there before the first request. Can be repeated after it failed. */
  prepare?(): Promise<void>;
  readonly chores?: readonly Chore[];
  /** Said beside readiness: a part that failed makes the server not ready. */
  healthParts?(): readonly HealthPart[];
  /** After the last request; the database is still open. */
  close?(): Promise<void> | void;
}
