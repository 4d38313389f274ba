// One gate for every route: verify the token, count, authenticate, authorize, parse, handle, check the answer. In this order, so that a
// request that is too much costs neither query nor hash, a stranger's body
// is not read and a refusal for lack of permission does not tell what the body should have been.
import type { Request, RequestHandler, Response } from 'express';
import type { $ZodType } from 'zod/v4/core';
import type { Access, AnswerOf, Endpoint, ParsedInput } from '#contract/endpoint.ts';
import { Problem } from '#contract/problem.ts';
import { contextOf } from './context.ts';
import type { RequestContext } from './context.ts';
import { readJsonBody } from './json-body.ts';
import type { AnonymousPrincipal, Authenticate, Principal, UserPrincipal, VerifiedToken } from './principal.ts';
import type { Quotas } from './quota.ts';
import type { SameOrigin } from './same-origin.ts';
import { assertInput, checkAnswer } from './validate.ts';

type PrincipalFor<A extends Access> = A extends 'session' ? UserPrincipal : Principal;

export interface RouteRequest<E extends Endpoint> extends ParsedInput<E> {
  readonly principal: PrincipalFor<E['access']>;
  readonly context: RequestContext;
  /** The Cookie header as it came. */
  readonly cookies: string | undefined;
  /** @throws Problem `cross-site-request`: call it before the session cookie is set or used (CSRF) */
  assertSameOrigin(): void;
}

/** An endpoint with its handler, ready to be mounted. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly handle: (request: RouteRequest<Endpoint>) => Promise<Answer>;
}

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string | string[]>;
}

/** Binds a contract endpoint to a rule; no rule lives here. */
export function route<E extends Endpoint>(
  endpoint: E,
  handle: (request: RouteRequest<NoInfer<E>>) => Promise<AnswerOf<NoInfer<E>>>,
): Route {
  // The gate below gives the handler what its endpoint declares; TypeScript cannot follow the generic through the list of routes.
  const untyped = handle as unknown as Route['handle'];
  return { endpoint, handle: untyped };
}

/** Keeps the status a literal, so that it is checked against what the endpoint declares. */
export function answer<const S extends number, B = undefined>(
  status: S,
  body?: B,
  headers: Record<string, string | string[]> = {},
) {
  return { status, body: body as B, headers };
}

export interface GateOptions {
  authenticate: Authenticate;
  quotas: Quotas;
  anonymous: AnonymousPrincipal;
  sameOrigin: SameOrigin;
  /** What `configured` access means for an endpoint now. */
  configuredAccess: (endpoint: Endpoint) => 'public' | 'session' | 'off';
}

const invalidToken = (): Problem =>
  new Problem('invalid-token', { detail: 'The access token is missing, has expired or has been revoked.' });

/** What the request's token says before any session is read; undefined where there is none, or none that is well signed. */
async function verifyToken(
  request: Request,
  context: RequestContext,
  access: Access,
  options: GateOptions,
): Promise<VerifiedToken | undefined> {
  const header = request.headers.authorization;
  if (access === 'public' || header === undefined) return undefined;
  // Another scheme is no bearer token: the caller learns how to authenticate, not that a token was bad (RFC 6750 section 3.1).
  context.tokenSent = /^Bearer(?: |$)/i.test(header);
  const token = /^Bearer +([\w\-.~+/]+=*)$/i.exec(header)?.[1];
  return token === undefined ? undefined : await options.authenticate(token, context);
}

async function authenticate(
  verified: VerifiedToken | undefined,
  request: Request,
  access: Access,
  options: GateOptions,
): Promise<Principal> {
  if (access === 'public' || request.headers.authorization === undefined) return options.anonymous;
  const principal = await verified?.principal();
  if (principal !== undefined) return principal;
  // Many clients send their last token with everything: where the request has another credential, that one decides.
  if (access === 'credential') return options.anonymous;
  throw invalidToken();
}

function authorize(access: Access, principal: Principal): void {
  if (access === 'session' && principal.kind !== 'user') throw invalidToken();
  if (typeof access === 'string' || principal.permissions.has(access.permission)) return;
  if (principal.kind === 'anonymous') throw invalidToken();
  throw new Problem('forbidden', { detail: `This needs the permission ${access.permission}.` });
}

function effectiveAccess(endpoint: Endpoint, options: GateOptions): Access {
  if (endpoint.access !== 'configured') return endpoint.access;
  const access = options.configuredAccess(endpoint);
  if (access === 'off') throw new Problem('not-found');
  return access;
}

const parts = (endpoint: Endpoint, part: 'params' | 'query', value: unknown): unknown =>
  endpoint[part] === undefined ? undefined : assertInput(endpoint[part], part, value);

/** RFC 6750 section 2.3, ASVS 14.2.1: what is not declared is refused, a token in the address above all. */
function assertNoQuery(request: Request): void {
  if (!request.url.includes('?')) return;
  const names = Object.keys(request.query);
  if (names.length > 0)
    throw new Problem('invalid-input', {
      errors: names.map((name) => ({ pointer: `?${name}`, detail: 'This parameter is not known here.' })),
    });
}

type Serialise = (shape: $ZodType, body: unknown) => string;

/**
 * Checks an answer against its shape and writes it as JSON. A frozen answer that comes again (what a session may know of itself, the list of
 * roles) was checked and written before: that is a fifth of the whole cost of such a request.
 */
function createSerialise({ name }: Endpoint): Serialise {
  const written = new WeakMap<object, string>();
  return (shape, body) => {
    const mayComeAgain = typeof body === 'object' && body !== null && Object.isFrozen(body);
    const known = mayComeAgain ? written.get(body) : undefined;
    if (known !== undefined) return known;
    const text = JSON.stringify(checkAnswer(shape, name, body));
    if (mayComeAgain) written.set(body, text);
    return text;
  };
}

function send(response: Response, endpoint: Endpoint, answer: Answer, serialise: Serialise): void {
  const shape = endpoint.answers[answer.status];
  if (shape === undefined)
    throw new Error(`${endpoint.name} answered ${answer.status}, which its contract does not know`);
  const body = typeof shape === 'string' ? answer.body : serialise(shape, answer.body);
  response.statusCode = answer.status;
  response.setHeader('Cache-Control', 'no-store');
  if (shape !== 'empty')
    response.setHeader('Content-Type', `${typeof shape === 'string' ? shape : 'application/json'}; charset=utf-8`);
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.end(shape === 'empty' ? undefined : body);
}

/** The gate as one Express handler. */
export function mount({ endpoint, handle }: Route, options: GateOptions): RequestHandler {
  const body: $ZodType | undefined = endpoint.body;
  const serialise = createSerialise(endpoint);
  return async (request, response) => {
    const context = contextOf(response);
    context.route = endpoint.path;
    const access = effectiveAccess(endpoint, options);
    const verified = await verifyToken(request, context, access, options);
    const isOperator = verified !== undefined && verified.userId === undefined;
    const caller = { address: context.address, user: verified?.userId };
    if (!isOperator)
      await options.quotas.count(endpoint.quota, caller, (name, value) => response.setHeader(name, value));
    const principal = await authenticate(verified, request, access, options);
    context.principal = principal;
    authorize(access, principal);
    if (endpoint.query === undefined) assertNoQuery(request);
    const given = await handle({
      params: parts(endpoint, 'params', request.params),
      query: parts(endpoint, 'query', request.query),
      body: body === undefined ? undefined : assertInput(body, 'body', await readJsonBody(request)),
      principal,
      context,
      cookies: request.headers.cookie,
      assertSameOrigin: () => {
        if (!options.sameOrigin(request))
          throw new Problem('cross-site-request', { detail: 'Only this site’s own pages may sign in with a cookie.' });
      },
    } as RouteRequest<Endpoint>);
    send(response, endpoint, given, serialise);
  };
}
