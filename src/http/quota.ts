// What the gate asks before it does any work for a request.
import { defineEvidence } from '#contract/problem.ts';
import type { Problem } from '#contract/problem.ts';
import type { EndpointQuota, LimitState } from '#contract/quota.ts';
import type { RequestContext } from './context.ts';
import type { CountedAs } from './credential.ts';

/** Who is counted. What is not known is not counted by. */
export interface CountedRequest {
  /** The client's, behind the trusted proxies. */
  address: string;
  /** Whom a verified credential names; its session, or its key, is not read yet. */
  countedAs: CountedAs | undefined;
}

export interface Quotas {
  /**
   * Counts a request by all policies of its endpoint at once.
   * @param setHeader for `RateLimit-Policy` and `RateLimit`, set on whatever the answer will be
   * @returns a promise only where there is something to wait for
   * @throws Problem `quota-exceeded`, or rejects with it; then only what refused has counted it
   */
  count(
    quota: EndpointQuota,
    request: CountedRequest,
    setHeader: (name: string, value: string) => void,
  ): Promise<void> | undefined;
  /** Keeps why a request was answered 429, for whoever asks. Nobody waits for it. */
  noteRefusal(problem: Problem, context: RequestContext): void;
}

/** Where every counter stood when a request was refused: kept for the administrator who asks why. */
export const limitEvidence = defineEvidence<LimitState[]>();
