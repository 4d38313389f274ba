// What the gate asks before it does any work for a request.
import type { Problem } from '#contract/problem.ts';
import type { EndpointQuota } from '#contract/quota.ts';
import type { RequestContext } from './context.ts';

/** Who is counted. What is not known is not counted by. */
export interface CountedRequest {
  /** The client's, behind the trusted proxies. */
  address: string;
  /** Who a well signed token says is calling; the session is not read yet. */
  user: string | undefined;
}

export interface Quotas {
  /**
   * Counts a request by all policies of its endpoint at once.
   * @param setHeader for `RateLimit-Policy` and `RateLimit`, set on whatever the answer will be
   * @throws Problem `quota-exceeded`; what refused keeps its count, the others are taken back
   */
  count(quota: EndpointQuota, request: CountedRequest, setHeader: (name: string, value: string) => void): Promise<void>;
  /** Keeps why a request was answered 429, for whoever asks. Nobody waits for it. */
  noteRefusal(problem: Problem, context: RequestContext): void;
}
