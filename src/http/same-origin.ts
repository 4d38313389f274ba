// Which page a browser's request comes from.
import type { IncomingHttpHeaders } from 'node:http';
import cors from 'cors';
import type { RequestHandler } from 'express';
import { isLoopbackOrigin } from '../security/loopback.ts';

/** True for an origin that is exactly one of the list; in local mode any origin on this machine. */
export function createOriginCheck(allowed: readonly string[] | 'any-localhost'): (origin: string) => boolean {
  if (allowed === 'any-localhost') return isLoopbackOrigin;
  const list = new Set(allowed);
  return (origin) => list.has(origin);
}

/** Whether a page of our own sent it. */
export type SameOrigin = (headers: IncomingHttpHeaders) => boolean;

/**
 * For what sets or uses the session cookie: the browser says that the page is of the same origin (Fetch Metadata), or, where
 * it does not say that, the Origin is our own. A page on another site, or on a sibling subdomain, can do neither.
 */
export function createSameOrigin(isOwnOrigin: (origin: string) => boolean): SameOrigin {
  return ({ 'sec-fetch-site': site, origin }) => {
    if (site !== undefined) return site === 'same-origin';
    return origin !== undefined && isOwnOrigin(origin);
  };
}

/**
 * CORS for configured origins, with bearer tokens only: credentials (the cookie) are never allowed. A request without an Origin
 * does not pay for it.
 */
export function createCors(isAllowedOrigin: (origin: string) => boolean): RequestHandler {
  const handle = cors({
    origin: (origin, callback) => callback(null, origin !== undefined && isAllowedOrigin(origin)),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'X-API-Key', 'X-Request-Id'],
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy'],
    maxAge: 600,
    optionsSuccessStatus: 204,
  });
  return (request, response, next) => {
    response.setHeader('Vary', 'Origin');
    if (request.headers.origin === undefined) next();
    else handle(request, response, next);
  };
}
