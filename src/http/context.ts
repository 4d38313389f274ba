// What is known of a request before and while it is handled: by the gate, the log, the error handler. Made of Node's own request, so that an
// upgrade has one too.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Response } from 'express';
import type { ProxyChain } from '#contract/limits.ts';
import type { ClientAddress } from './client-address.ts';
import type { Origin, Principal } from './principal.ts';

export interface RequestContext extends Origin {
  readonly method: string;
  /** Path without the query: a query may hold what does not belong in a log. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly startedAt: number;
  /** The route's pattern, once one has matched. */
  route: string | undefined;
  /** Once the gate knows. */
  principal: Principal | undefined;
  /** On this machine, and not through a proxy. */
  isLocal(): boolean;
  /** How `address` came about; worked out when it is asked for. */
  proxyChain(): ProxyChain;
}

/** A caller's own id is taken where it cannot break a log line or a header. */
const ACCEPTED_REQUEST_ID = /^[\w-]{8,64}$/;

const LONGEST_USER_AGENT = 256;

function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && ACCEPTED_REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

export function createContext(request: IncomingMessage, clientAddress: ClientAddress): RequestContext {
  const { headers, method = '', url: target = '' } = request;
  const query = target.indexOf('?');
  return {
    method,
    path: query === -1 ? target : target.slice(0, query),
    headers,
    requestId: requestIdOf(headers),
    address: clientAddress.of(request),
    userAgent: headers['user-agent']?.slice(0, LONGEST_USER_AGENT) ?? '',
    startedAt: performance.now(),
    route: undefined,
    principal: undefined,
    isLocal: () => clientAddress.isLocal(request),
    proxyChain: () => clientAddress.chainOf(request),
  };
}

export function contextOf(response: Response): RequestContext {
  return response.locals['context'] as RequestContext;
}

export function attachContext(response: Response, context: RequestContext): RequestContext {
  response.locals['context'] = context;
  return context;
}
