// What a call can be refused with, as the pages see it: a problem of the server (RFC 9457), or no answer at all.
import { PROBLEM_TYPE_PREFIX } from '#contract/problem.ts';
import type { FieldError, ProblemName } from '#contract/problem.ts';
import type { ProblemBody as WireProblem } from '#contract/problem-body.ts';

/** Why something was refused that no server refused. The pages have their own words for it. */
export type OwnReason = 'no-answer' | 'other-answer' | 'page-fault' | 'signed-out';

interface Told {
  status: number;
  title?: string | undefined;
  detail?: string | undefined;
  errors?: readonly FieldError[] | undefined;
  requestId?: string | undefined;
  /** Milliseconds since 1970: before that, trying again is of no use. */
  retryAt?: number | undefined;
  reason?: OwnReason | undefined;
}

/** `unreachable`: nobody answered, or somebody who is not Gatehouse. */
export type RefusalName = ProblemName | 'unreachable';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly problem: RefusalName;
  readonly status: number;
  /** In the server's words; undefined where there is a `reason` of our own. */
  readonly title: string | undefined;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[];
  readonly requestId: string | undefined;
  readonly retryAt: number | undefined;
  readonly reason: OwnReason | undefined;

  constructor(problem: RefusalName, told: Told, cause?: unknown) {
    super(told.title ?? told.reason, { cause });
    this.problem = problem;
    this.status = told.status;
    this.title = told.title;
    this.detail = told.detail;
    this.errors = told.errors ?? [];
    this.requestId = told.requestId;
    this.retryAt = told.retryAt;
    this.reason = told.reason;
  }

  /** The server could not do its work: says nothing about who calls or what they sent. */
  get isOutage(): boolean {
    return this.problem === 'unreachable' || this.status >= 500;
  }
}

/** @param reason whether nobody answered, or somebody who is not Gatehouse */
export function unreachable(
  reason: 'no-answer' | 'other-answer',
  cause?: unknown,
  told: Pick<Told, 'retryAt' | 'requestId'> & { status?: number } = {},
): Refusal {
  return new Refusal('unreachable', { status: 0, reason, ...told }, cause);
}

/** Where a call needs somebody who is signed in, and nobody is any more. */
export const signedOut = (): Refusal => new Refusal('invalid-token', { status: 401, reason: 'signed-out' });

export const isRefusal = (error: unknown, problem: RefusalName): error is Refusal =>
  error instanceof Refusal && error.problem === problem;

/** Everything that is caught as a refusal; a fault of our own is one too, so that it is shown and not swallowed. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal('internal', { status: 500, reason: 'page-fault' }, error);
}

/** Seconds or a date (RFC 9110 section 10.2.3). */
function retryAt(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const at = /^\d+$/.test(header) ? now + Number(header) * 1000 : Date.parse(header);
  return Number.isNaN(at) ? undefined : at;
}

/** As the server writes it; who else may have answered is not known. */
type ProblemBody = Partial<WireProblem> & Pick<WireProblem, 'type' | 'title'>;

const isProblem = (body: unknown): body is ProblemBody =>
  typeof body === 'object' &&
  body !== null &&
  'type' in body &&
  typeof body.type === 'string' &&
  body.type.startsWith(PROBLEM_TYPE_PREFIX) &&
  'title' in body &&
  typeof body.title === 'string';

/** @param body what the answer held, where that was JSON */
export function refusalOf(response: Response, body: unknown, now: number): Refusal {
  const requestId = response.headers.get('X-Request-Id') ?? undefined;
  const told = { status: response.status, retryAt: retryAt(response.headers.get('Retry-After'), now), requestId };
  if (!isProblem(body)) return unreachable('other-answer', undefined, told);
  const { type, title, detail, errors } = body;
  return new Refusal(type.slice(PROBLEM_TYPE_PREFIX.length) as ProblemName, {
    ...told,
    title,
    detail,
    errors,
    requestId: body.requestId ?? requestId,
  });
}
