// The HTTP/1.1 listener: limits on what may arrive, and problems for what is not even a request.
import { createServer, STATUS_CODES } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Problem } from '#contract/problem.ts';
import type { ProblemName } from '#contract/problem.ts';
import type { Logger } from '../log.ts';
import { peerAddress } from './client-address.ts';
import { problemBody } from './problem-response.ts';
import { apiHeaders } from './security-headers.ts';

/** HT-12. Nginx's limits must not be larger; milliseconds and bytes. */
export const listenerLimits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  /** Longer than the proxy's 50 s, so that the proxy closes first and never writes into a connection that is being closed. */
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
} as const;

/** A connection on which nothing moves: a caller that does not read its answer, above all. */
const IDLE_MS = 60_000;

/** How long a caller may take to read a refusal before the connection is gone. */
const LINGER_MS = 5_000;

const faults: Record<string, ProblemName> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** The page's site is not known here, so no Strict-Transport-Security. */
const fixedHeaders = apiHeaders({ strictTransportSecurity: false });

/** Why a request was refused, for the log: never a byte of what came. */
interface Reason {
  log: Logger;
  code: string | undefined;
}

function refusal(
  problem: Problem,
  socket: Duplex,
  { log, code }: Reason,
): { headers: [string, string][]; body: string } {
  const requestId = crypto.randomUUID();
  const { status, problem: name } = problem;
  log.info(
    { requestId, address: peerAddress(socket as Socket), status, problem: name, code },
    'unreadable request refused',
  );
  const body = JSON.stringify(problemBody(problem, '', requestId));
  const headers: [string, string][] = [
    ['Connection', 'close'],
    ['X-Request-Id', requestId],
    ...fixedHeaders.map(([name, value]): [string, string] => [name, value]),
    ['Content-Type', 'application/problem+json; charset=utf-8'],
    ['Cache-Control', 'no-store'],
    ['Content-Length', String(Buffer.byteLength(body))],
  ];
  return { headers, body };
}

/** One answer and a close: after a framing fault nobody can say where the next request begins (request smuggling). */
function refuse(socket: Duplex, problem: Problem, reason: Reason): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { headers, body } = refusal(problem, socket, reason);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    ...headers.map((pair) => pair.join(': ')),
  ];
  socket.end([...head, '', body].join('\r\n'));
  if ('setTimeout' in socket && typeof socket.setTimeout === 'function') socket.setTimeout(LINGER_MS);
}

/**
 * A refusal must not fall into another answer: not into the middle of one that is on its way, and not before one to an earlier
 * request, whose sender would take it for theirs.
 */
function refuseInTurn(socket: Duplex, problem: Problem, last: ServerResponse | undefined, reason: Reason): void {
  if (last === undefined) refuse(socket, problem, reason);
  else if (!last.req.complete && (last.headersSent || last.socket !== socket)) socket.destroy();
  else if (last.req.complete && !last.closed) last.once('close', () => refuse(socket, problem, reason));
  else refuse(socket, problem, reason);
}

/**
 * The one form in which the router sees a target: a path of printable ASCII. The absolute form that servers must take
 * (RFC 9112 section 3.2.2) loses its host. What no client sends (`#`, bytes above ASCII, a host that is none) made Express read another
 * path than a proxy in front of it, or answer outside of its own middlewares.
 */
function readTarget(target: string): string | undefined {
  const match = /^(https?:\/\/[\w.\-:[\]]+)?(\/[!"$->@-~]*)?(\?[!"$-~]*)?$/i.exec(target);
  if (match === null) return undefined;
  const [, host, path = '', query = ''] = match;
  if (host === undefined && path === '') return undefined;
  return (path === '' ? '/' : path) + query;
}

/** Brings the target into its one form; a code for what cannot be understood in one way only. */
function findFault(request: IncomingMessage): string | undefined {
  const { host, 'transfer-encoding': coding = 'chunked' } = request.headers;
  if (request.httpVersion === '1.1' && host === undefined) return 'NO_HOST';
  // Node's parser finds an unknown coding only after the request has been handled.
  if (coding.toLowerCase() !== 'chunked') return 'UNKNOWN_CODING';
  const target = request.url === '*' && request.method === 'OPTIONS' ? '*' : readTarget(request.url ?? '');
  if (target === undefined) return 'INVALID_TARGET';
  request.url = target;
  return undefined;
}

/** @param log gets a line for each request that never reaches the handler */
export function createListener(handler: RequestListener, log: Logger): Server {
  const lastResponses = new WeakMap<Duplex, ServerResponse>();
  const refused = new WeakSet<Duplex>();

  const listen: RequestListener = (request, response) => {
    if (refused.has(request.socket)) return; // what came behind it, before the connection was closed
    lastResponses.set(request.socket, response);
    const code = findFault(request);
    if (code === undefined) {
      handler(request, response);
      return;
    }
    refused.add(request.socket);
    const problem = new Problem('malformed-request');
    const { headers, body } = refusal(problem, request.socket, { log, code });
    response.writeHead(problem.status, headers.flat()).end(body);
  };

  // requireHostHeader would be answered by Node, without our headers and without a problem.
  const server = createServer({ ...listenerLimits, requireHostHeader: false, insecureHTTPParser: false }, listen);
  server.setTimeout(IDLE_MS);
  // An expectation that we do not know may be ignored (RFC 9110 section 10.1.1); Node would answer a bare 417.
  server.on('checkExpectation', listen);
  // Nobody is let through to another host.
  server.on('connect', (_request, socket) =>
    refuse(socket, new Problem('malformed-request'), { log, code: 'CONNECT' }),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { code } = error;
    const problem = new Problem(faults[code ?? ''] ?? 'malformed-request');
    if (code === 'ECONNRESET') socket.destroy();
    else refuseInTurn(socket, problem, lastResponses.get(socket), { log, code });
  });
  return server;
}
