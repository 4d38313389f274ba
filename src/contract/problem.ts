// The closed table of everything that can be refused. Status numbers live here and nowhere else.

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

/** Members of the answer that one type of problem has beside those of all (RFC 9457 section 3.2). */
export interface ProblemExtensions {
  'quota-exceeded': {
    /** The policies that refused, such as `login-minute`; so named by the RateLimit header fields draft. */
    'violated-policies': readonly string[];
  };
}

export type ExtensionsOf<N extends ProblemName> = N extends keyof ProblemExtensions ? ProblemExtensions[N] : undefined;

interface CommonOptions {
  /** Public: one sentence for the person who made the request. */
  detail?: string;
  errors?: FieldError[];
  /** Sent as `Retry-After`, in whole seconds. */
  retryAfterSeconds?: number;
  /** More response headers, such as `Allow`. */
  headers?: Record<string, string>;
  /** Private: goes to the log, never to the wire. */
  reason?: string;
  cause?: unknown;
}

/** A type with members of its own has to be given them. */
type GivenOptions<N extends ProblemName> = N extends keyof ProblemExtensions
  ? [options: CommonOptions & { extensions: ProblemExtensions[N] }]
  : [options?: CommonOptions];

/** The one error that crosses the wire. Rules throw it; everything else that is thrown is `internal`. */
export class Problem<N extends ProblemName = ProblemName> extends Error {
  override readonly name = 'Problem';
  readonly problem: N;
  readonly detail: string | undefined;
  readonly errors: FieldError[] | undefined;
  readonly extensions: ExtensionsOf<N>;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Record<string, string> | undefined;
  readonly reason: string | undefined;

  constructor(problem: N, ...[options = {}]: GivenOptions<N>) {
    super(options.reason ?? options.detail ?? problems[problem].title, { cause: options.cause });
    this.problem = problem;
    this.detail = options.detail;
    this.errors = options.errors;
    this.extensions = ('extensions' in options ? options.extensions : undefined) as ExtensionsOf<N>;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers;
    this.reason = options.reason;
  }

  get status(): number {
    return problems[this.problem].status;
  }
}

export function isProblem<N extends ProblemName>(error: unknown, name: N): error is Problem<N> {
  return error instanceof Problem && error.problem === name;
}

/**
 * What one part of the server notes with a problem for another part: why it was raised, for the log or for an administrator. It is no
 * member of the problem, so that nothing of it can reach the wire.
 */
export interface Evidence<T> {
  attach<P extends Problem>(problem: P, evidence: T): P;
  of(problem: Problem): T | undefined;
}

export function defineEvidence<T>(): Evidence<T> {
  const kept = new WeakMap<Problem, T>();
  return {
    attach(problem, evidence) {
      kept.set(problem, evidence);
      return problem;
    },
    of: (problem) => kept.get(problem),
  };
}

export const PROBLEM_TYPE_PREFIX = 'urn:gatehouse:problem:';
