// The Express app: what every request passes, in order.
import { posix } from 'node:path';
import express from 'express';
import type { Express, RequestHandler } from 'express';
import type { Endpoint } from '#contract/endpoint.ts';
import { Problem } from '#contract/problem.ts';
import type { Logger } from '../log.ts';
import { createAdmission } from './admission.ts';
import type { Admission } from './admission.ts';
import type { ClientAddress } from './client-address.ts';
import { contextOf } from './context.ts';
import { createPages } from './pages.ts';
import { createErrorHandler } from './problem-response.ts';
import type { TranslateError } from './problem-response.ts';
import type { Quotas } from './quota.ts';
import type { RequestObserver } from './request-observer.ts';
import { createRequestLog } from './request-log.ts';
import { mount } from './route.ts';
import type { Route, RouteOptions } from './route.ts';
import { createCors, createOriginCheck, createSameOrigin } from './same-origin.ts';
import { apiHeaders, pageHeaders } from './security-headers.ts';

export interface ServerOptions extends Pick<RouteOptions, 'gate' | 'configuredAccess'> {
  quotas: Quotas;
  log: Logger;
  endpoints: readonly Endpoint[];
  routes: readonly Route[];
  translateError: TranslateError;
  clientAddress: ClientAddress;
  observer: RequestObserver;
  /** Counts what is no call of the API by its address, and refuses what is too much before any work is done for it. */
  pageLimit: RequestHandler;
  publicUrl: string;
  corsOrigins: readonly string[] | 'any-localhost';
  strictTransportSecurity: boolean;
  /** The built SPA. */
  pagesFolder: string;
  /** Static files that belong to a route, such as the API reference's. */
  assets: readonly { path: string; handle: RequestHandler }[];
}

/** The router has what the contract names, and nothing else (AZ-01). */
function assertComplete(endpoints: readonly Endpoint[], routes: readonly Route[]): void {
  const missing = endpoints.filter((endpoint) => routes.filter((route) => route.endpoint === endpoint).length !== 1);
  const unknown = routes.filter((route) => !endpoints.includes(route.endpoint));
  const names = [...missing, ...unknown.map((route) => route.endpoint)].map((endpoint) => endpoint.name);
  if (names.length > 0)
    throw new Error(`endpoints without exactly one route, or routes without endpoint: ${names.join(', ')}`);
}

/** What is not even to be looked at: the same for upgrades, which have no Express. */
function admit(assertAdmissible: Admission): RequestHandler {
  return (request, response, next) => {
    assertAdmissible(request, contextOf(response).path);
    next();
  };
}

/** 405 for a path that exists with another method. OPTIONS outside CORS is such a method. */
function refuseMethod(endpoints: readonly Endpoint[]): RequestHandler {
  const methods = new Set(endpoints.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])));
  const allow = [...methods].join(', ');
  return (request, response) => {
    contextOf(response).route = endpoints[0]?.path;
    throw new Problem('method-not-allowed', {
      detail: `${request.method} is not possible here.`,
      headers: { Allow: allow },
    });
  };
}

/** What is asked for under these names counts, whether it exists or not: guessing paths is no way around a quota. */
const COUNTED_NAMES = new Set(['api', '.well-known']);

/** Whatever no route has: under those names by the quotas, and else as a page. What liveness refuses is as free as what it answers. */
function countUnmatched({ quotas, pageLimit, endpoints }: ServerOptions): RequestHandler {
  const free = new Set<string>(endpoints.filter(({ quota }) => quota === 'none').map(({ path }) => path));
  return async (request, response, next) => {
    if (free.has(request.path)) return next();
    if (!COUNTED_NAMES.has(firstName(request.path))) return pageLimit(request, response, next);
    await quotas.count('general', { address: contextOf(response).address, countedAs: undefined }, (name, value) =>
      response.setHeader(name, value),
    );
    return next();
  };
}

/** What counts an endpoint before its gate, which counts by the quotas of the API. */
function limitsBefore({ quota, path }: Endpoint, pageLimit: RequestHandler): RequestHandler[] {
  if (quota !== 'pages') return [];
  const nameRoute: RequestHandler = (_request, response, next) => {
    contextOf(response).route = path;
    next();
  };
  return [nameRoute, pageLimit];
}

const notFound: RequestHandler = () => {
  throw new Problem('not-found');
};

/** The first name of a path, as whoever spells it otherwise may have meant it: `//API/x`, `/%61pi/x`, `/readyz/`, `/a/../api;v=1`. */
function firstName(pathname: string): string {
  let decoded = pathname;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    // Not percent-encoded at all, then.
  }
  const [, name = ''] = /^\/+([\w.-]*)/.exec(posix.normalize(decoded.replaceAll('\\', '/'))) ?? [];
  return name.toLowerCase();
}

/**
 * A page stands at every path that nothing else has. Another spelling of an endpoint's path must not be one: a program would take the
 * page for an answer, and a probe of `/readyz/` would find a stopping server healthy.
 */
function refuseOtherSpellings(endpoints: readonly Endpoint[]): RequestHandler {
  const names = new Set(endpoints.map((endpoint) => firstName(endpoint.path)));
  return (request, _response, next) => next(names.has(firstName(request.path)) ? new Problem('not-found') : undefined);
}

export function createServer(options: ServerOptions): Express {
  assertComplete(options.endpoints, options.routes);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // One spelling of each path, so that no rule can be skipped by another (AZ-08).
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', 'simple');

  const routeOptions: RouteOptions = {
    gate: options.gate,
    configuredAccess: options.configuredAccess,
    sameOrigin: createSameOrigin(
      createOriginCheck(options.corsOrigins === 'any-localhost' ? 'any-localhost' : [options.publicUrl]),
    ),
  };
  const headers = { strictTransportSecurity: options.strictTransportSecurity };

  app.use(
    createRequestLog({
      log: options.log,
      clientAddress: options.clientAddress,
      observer: options.observer,
      headers: apiHeaders(headers),
    }),
  );
  app.use(admit(createAdmission(options.publicUrl)));
  app.use(createCors(createOriginCheck(options.corsOrigins)));
  for (const route of options.routes) {
    const method = route.endpoint.method.toLowerCase() as 'get' | 'post' | 'patch' | 'put' | 'delete';
    app[method](route.endpoint.path, ...limitsBefore(route.endpoint, options.pageLimit), mount(route, routeOptions));
  }
  for (const { path, handle } of options.assets) app.use(path, options.pageLimit, handle);
  app.use(countUnmatched(options));
  for (const [path, endpoints] of Map.groupBy(options.endpoints, (endpoint) => endpoint.path)) {
    app.route(path).all(refuseMethod(endpoints));
  }
  app.use(refuseOtherSpellings(options.endpoints));
  app.use(createPages(options.pagesFolder, pageHeaders(headers)));
  app.use(notFound);
  app.use(createErrorHandler(options.log, options.translateError, options.quotas.noteRefusal));
  return app;
}
