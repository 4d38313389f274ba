// Gives each request its context and its fixed headers, has it observed, and writes one line when it is over.
import type { RequestHandler } from 'express';
import { Problem } from '#contract/problem.ts';
import type { Logger } from '../log.ts';
import type { ClientAddress } from './client-address.ts';
import { attachContext, createContext } from './context.ts';
import type { RequestContext } from './context.ts';
import { sendProblem } from './problem-response.ts';
import type { RequestObserver } from './request-observer.ts';
import type { HeaderList } from './security-headers.ts';

const LONGEST_TARGET = 8 * 1024;

/** Asked every second by machines; a line each would bury the rest. */
const HEALTH_CHECKS: ReadonlySet<string | undefined> = new Set(['/livez', '/readyz']);

export interface RequestLogOptions {
  log: Logger;
  clientAddress: ClientAddress;
  observer: RequestObserver;
  headers: HeaderList;
}

function writeLine(log: Logger, method: string, status: number, context: RequestContext): void {
  if (HEALTH_CHECKS.has(context.route)) return;
  const { principal } = context;
  log.info(
    {
      requestId: context.requestId,
      address: context.address,
      method,
      // The pattern, not the path: an id or a mistyped secret in the path stays out of the log.
      route: context.route ?? 'unmatched',
      status,
      ms: Math.round((performance.now() - context.startedAt) * 10) / 10,
      ...(principal?.kind === 'user' && { userId: principal.user.id, session: principal.sessionHash }),
    },
    'request',
  );
}

export function createRequestLog(options: RequestLogOptions): RequestHandler {
  const { log, clientAddress, observer } = options;
  return (request, response, next) => {
    const context = attachContext(response, createContext(request, clientAddress));
    response.setHeader('X-Request-Id', context.requestId);
    for (const [name, value] of options.headers) response.setHeader(name, value);
    const isObserved = !HEALTH_CHECKS.has(context.path);
    if (isObserved) observer.observe(request);
    response.once('close', () => {
      const { address, principal } = context;
      if (isObserved && principal?.kind === 'user')
        observer.observeUser(address, address === clientAddress.peerOf(request), principal.user.id);
      writeLine(log, request.method, response.writableFinished ? response.statusCode : 499, context);
    });
    if (request.url.length > LONGEST_TARGET) sendProblem(response, new Problem('uri-too-long'));
    else next();
  };
}
