// The one place where an error becomes an answer (RFC 9457).
import type { ErrorRequestHandler, Response } from 'express';
import { Problem, PROBLEM_TYPE_PREFIX, problems } from '#contract/problem.ts';
import type { ProblemBody } from '#contract/problem-body.ts';
import type { Logger } from '../log.ts';
import { contextOf } from './context.ts';
import { sendsBearerToken } from './credential.ts';
import type { Quotas } from './quota.ts';

/** What a foreign error means, where that is known; undefined is `internal`. */
export type TranslateError = (error: unknown) => Problem | undefined;

export function problemBody(problem: Problem, instance: string, requestId: string): ProblemBody {
  const { status, title } = problems[problem.problem];
  return {
    type: PROBLEM_TYPE_PREFIX + problem.problem,
    title,
    status,
    ...(problem.detail !== undefined && { detail: problem.detail }),
    instance,
    requestId,
    ...(problem.errors !== undefined && { errors: problem.errors }),
    ...problem.extensions,
  };
}

/** RFC 6750 section 3: how to authenticate, and what was wrong with the token, if there was one. */
function challenge(problem: Problem, tokenSent: boolean): string | undefined {
  if (problem.status === 401)
    return problem.problem === 'invalid-token' && tokenSent ? 'Bearer error="invalid_token"' : 'Bearer';
  if (problem.problem === 'forbidden') return 'Bearer error="insufficient_scope"';
  return undefined;
}

export function sendProblem(response: Response, problem: Problem): void {
  const context = contextOf(response);
  response.statusCode = problem.status;
  response.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  const wwwAuthenticate = challenge(problem, sendsBearerToken(context.headers));
  if (wwwAuthenticate !== undefined) response.setHeader('WWW-Authenticate', wwwAuthenticate);
  if (problem.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(problem.retryAfterSeconds));
  for (const [name, value] of Object.entries(problem.headers ?? {})) response.setHeader(name, value);
  response.end(JSON.stringify(problemBody(problem, context.path, context.requestId)));
}

/** An error of Express's own parts (http-errors) that names a 4xx status: the request's fault, not ours. */
function isRequestFault(error: unknown): error is Error {
  return error instanceof Error && 'status' in error && Number(error.status) >= 400 && Number(error.status) < 500;
}

function knownProblem(error: unknown, translate: TranslateError): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof URIError)
    return new Problem('malformed-request', { detail: 'The address is not valid percent-encoded UTF-8.' });
  if (isRequestFault(error)) return new Problem('malformed-request', { reason: error.message });
  return translate(error);
}

const reasonOf = ({ cause, message }: Problem): string =>
  cause instanceof Error ? cause.message || String('code' in cause ? cause.code : cause.name) : message;

export function createErrorHandler(
  log: Logger,
  translate: TranslateError,
  noteRefusal: Quotas['noteRefusal'],
): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const context = contextOf(response);
    const { requestId, route } = context;
    const problem = knownProblem(error, translate) ?? new Problem('internal', { cause: error });
    const event = { requestId, route, problem: problem.problem };
    if (problem.status === 500) log.error({ ...event, err: problem.cause ?? error }, 'request failed');
    // Every request of an outage comes here: a line each, and no stack that says the same.
    else if (problem.status > 500) log.warn({ ...event, reason: reasonOf(problem) }, 'request not served');
    else log.debug({ ...event, reason: problem.reason }, 'request refused');
    if (problem.status === 429) noteRefusal(problem, context);
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  };
}
