// The HTTP/1.1 listener: limits on what may arrive, and problems for what is not even a request.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from '#contract/problem.ts';
import type { ProblemName } from '#contract/problem.ts';
import { problemBody } from './problem-response.ts';

/** HT-12. Nginx's limits must not be larger; milliseconds and bytes. */
export const listenerLimits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  /** Longer than the proxy's, so that the proxy closes first. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
} as const;

const faults: Record<string, ProblemName> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** One answer and a close: after a framing fault nobody can say where the next request begins (request smuggling). */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = new Problem(faults[error.code ?? ''] ?? 'malformed-request');
  const body = JSON.stringify(problemBody(problem, '', crypto.randomUUID()));
  socket.end(
    [
      `HTTP/1.1 ${problem.status} Refused`,
      'Connection: close',
      'Content-Type: application/problem+json; charset=utf-8',
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}

export function createListener(handler: RequestListener): Server {
  const server = createServer({ ...listenerLimits, requireHostHeader: true, insecureHTTPParser: false }, handler);
  server.on('clientError', refuse);
  return server;
}
