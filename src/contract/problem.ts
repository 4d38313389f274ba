// The closed table of everything that can be refused. Status numbers live here and nowhere else.
import type { LimitState } from './quota.ts';

/** RFC 9457 problem types: name → status and title. The wire's `type` is `urn:gatehouse:problem:<name>`. */
export const problems = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'invalid-credentials': { status: 401, title: 'Wrong user name, e-mail address or password' },
  'invalid-token': { status: 401, title: 'Sign in to continue' },
  forbidden: { status: 403, title: 'You do not have the permission for this' },
  'cross-site-request': { status: 403, title: 'The request came from another site' },
  'sign-up-closed': { status: 403, title: 'Sign-up is closed' },
  'invalid-setup-secret': { status: 403, title: 'This set-up link is not valid' },
  /** Said by the proxy only, where somebody asks the API without encryption. */
  'https-required': { status: 403, title: 'This is served by https only' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'username-taken': { status: 409, title: 'This user name is taken' },
  'email-taken': { status: 409, title: 'This e-mail address already has an account' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'last-administrator': { status: 409, title: 'This is the last administrator' },
  'content-too-large': { status: 413, title: 'The request is too large' },
  'uri-too-long': { status: 414, title: 'The address is too long' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'misdirected-request': { status: 421, title: 'This address is not served here' },
  'invalid-input': { status: 422, title: 'Some of the input is not valid' },
  'headers-too-large': { status: 431, title: 'The request headers are too large' },
  'quota-exceeded': { status: 429, title: 'Too many requests' },
  throttled: { status: 429, title: 'Too many failed sign-ins' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'The service is not available at the moment' },
  busy: { status: 503, title: 'The service is busy at the moment' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemName = keyof typeof problems;

/** One fault in the input; `pointer` is a JSON pointer (RFC 6901) into the body, or `?name` for a query parameter. */
export interface FieldError {
  pointer: string;
  detail: string;
}

export interface ProblemOptions {
  /** Public: one sentence for the person who made the request. */
  detail?: string;
  errors?: FieldError[];
  /** With `quota-exceeded`: the policies that refused, such as `login-minute`. */
  violatedPolicies?: string[];
  /** Sent as `Retry-After`, in whole seconds. */
  retryAfterSeconds?: number;
  /** More response headers, such as `Allow`. */
  headers?: Record<string, string>;
  /** Private: goes to the log, never to the wire. */
  reason?: string;
  /** Private: where every counter stood, kept for the administrator who asks why. */
  limitStates?: LimitState[];
  cause?: unknown;
}

/** The one error that crosses the wire. Rules throw it; everything else that is thrown is `internal`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly problem: ProblemName;
  readonly detail: string | undefined;
  readonly errors: FieldError[] | undefined;
  readonly violatedPolicies: string[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Record<string, string> | undefined;
  readonly reason: string | undefined;
  readonly limitStates: LimitState[] | undefined;

  constructor(problem: ProblemName, options: ProblemOptions = {}) {
    super(options.reason ?? options.detail ?? problems[problem].title, { cause: options.cause });
    this.problem = problem;
    this.detail = options.detail;
    this.errors = options.errors;
    this.violatedPolicies = options.violatedPolicies;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers;
    this.reason = options.reason;
    this.limitStates = options.limitStates;
  }

  get status(): number {
    return problems[this.problem].status;
  }
}

export const PROBLEM_TYPE_PREFIX = 'urn:gatehouse:problem:';
