// What is known of a request before and while it is handled. One object a response, read by the log and the error handler.
import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import type { ProxyChain } from './client-address.ts';
import type { Caller, Principal } from './principal.ts';

export interface RequestContext extends Caller {
  readonly method: string;
  /** Path without the query: a query may hold what does not belong in a log. */
  readonly path: string;
  readonly startedAt: number;
  /** A bearer token was sent, whether good or not (RFC 6750 section 3.1). */
  tokenSent: boolean;
  /** The route's pattern, once one has matched. */
  route: string | undefined;
  principal: Principal | undefined;
  /** How `address` came about; worked out when it is asked for. */
  proxyChain(): ProxyChain;
}

export function contextOf(response: Response): RequestContext {
  return response.locals['context'] as RequestContext;
}

export function attachContext(response: Response, context: RequestContext): void {
  response.locals['context'] = context;
}

/** A caller's own id is taken where it cannot break a log line or a header. */
const ACCEPTED_REQUEST_ID = /^[\w-]{8,64}$/;

export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && ACCEPTED_REQUEST_ID.test(given) ? given : crypto.randomUUID();
}
