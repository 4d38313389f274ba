// Binds an endpoint of the contract to its rule: the gate, then parse, handle, answer. In this order, so that a request that is too much costs
// neither query nor hash, a stranger's body is not read, and a refusal for lack of permission does not tell what the body should have been.
import type { Request, RequestHandler } from 'express';
import type { Access, AnswerOf, Endpoint, ParsedInput } from '#contract/endpoint.ts';
import { Problem } from '#contract/problem.ts';
import { readBody } from './body.ts';
import { contextOf } from './context.ts';
import type { RequestContext } from './context.ts';
import { createCookieDoor } from './cookies.ts';
import type { CookieDoor } from './cookies.ts';
import type { Gate, GateRule } from './gate.ts';
import type { Principal, UserPrincipal } from './principal.ts';
import type { SameOrigin } from './same-origin.ts';
import { createSendAnswer } from './send-answer.ts';
import type { Answer } from './send-answer.ts';
import { assertInput } from './validate.ts';

export type { CookieDoor, Cookies } from './cookies.ts';

/** What a handler knows of the request. Not its header fields: a cookie among them is read through the door, or not at all. */
export type HandlerContext = Omit<RequestContext, 'headers'>;

type PrincipalFor<A extends Access> = A extends 'session' ? UserPrincipal : Principal;

export interface RouteRequest<E extends Endpoint> extends ParsedInput<E> {
  readonly principal: PrincipalFor<E['access']>;
  readonly context: HandlerContext;
  readonly cookies: CookieDoor;
}

/** An endpoint with its handler, ready to be mounted. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly handle: (request: RouteRequest<Endpoint>) => Promise<Answer>;
}

/** Binds a contract endpoint to a rule; no rule lives here. */
export function route<E extends Endpoint>(
  endpoint: E,
  handle: (request: RouteRequest<NoInfer<E>>) => Promise<AnswerOf<NoInfer<E>>>,
): Route {
  // The gate gives the handler what its endpoint declares; TypeScript cannot follow the generic through the list of routes.
  const untyped = handle as unknown as Route['handle'];
  return { endpoint, handle: untyped };
}

/** Keeps the status a literal, so that it is checked against what the endpoint declares. */
export function answer<const S extends number, B = undefined>(
  status: S,
  body?: B,
  headers: Record<string, string> = {},
) {
  return { status, body: body as B, headers };
}

export interface RouteOptions {
  gate: Gate;
  sameOrigin: SameOrigin;
  /** What `configured` access means for an endpoint now. */
  configuredAccess: (endpoint: Endpoint) => 'public' | 'session' | 'off';
}

/** Undefined where the endpoint is switched off. */
function accessOf({ access }: Endpoint, configured: 'public' | 'session' | 'off'): GateRule['access'] | undefined {
  if (access !== 'configured') return access;
  return configured === 'off' ? undefined : configured;
}

const readPart = (endpoint: Endpoint, part: 'params' | 'query', value: unknown): unknown =>
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

/** The route as one Express handler. */
export function mount({ endpoint, handle }: Route, options: RouteOptions): RequestHandler {
  const sendAnswer = createSendAnswer(endpoint);
  return async (request, response) => {
    const context = contextOf(response);
    context.route = endpoint.path;
    const access = accessOf(endpoint, options.configuredAccess(endpoint));
    const rule: GateRule = { access: access ?? 'public', quota: endpoint.quota };
    const principal = await options.gate.pass(context, rule, (name, value) => response.setHeader(name, value));
    if (access === undefined) throw new Problem('not-found'); // counted, as whatever is not there
    if (endpoint.query === undefined) assertNoQuery(request);
    const params = readPart(endpoint, 'params', request.params);
    const query = readPart(endpoint, 'query', request.query);
    const body = endpoint.body === undefined ? undefined : await readBody(request, endpoint.body);
    const { door: cookies, written } = createCookieDoor(request.headers, principal, options.sameOrigin);
    try {
      const asked = { params, query, body: body?.value, principal, context, cookies } as RouteRequest<Endpoint>;
      await sendAnswer(response, await handle(asked), written());
    } finally {
      body?.stop?.();
    }
  };
}
