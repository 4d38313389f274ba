// Stands behind the proxy in place of the server: tells what has reached it, and does what a request asks for in its field
// `X-Stub`, as JSON. Runs in the server's image, which has no development package.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';

/** What a request may ask for. */
export interface Wish {
  status?: number;
  headers?: [name: string, value: string][];
  /** `hold`: the answer waits for SIGUSR2; `cut`: closes without one; `cut-inside`: closes in the middle of one. */
  act?: 'hold' | 'cut' | 'cut-inside';
}

/** What an answer says about its request. */
export interface Echo {
  /** Which replica. */
  name: string;
  method: string;
  target: string;
  fields: [name: string, value: string][];
  bytes: number;
  /** Requests so far, health checks aside, with this one; also what was no request at all. */
  seen: number;
}

let seen = 0;
const held = new Set<() => void>();

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : []));
}

function answer(request: IncomingMessage, response: ServerResponse, wish: Wish, bytes: number): void {
  if (wish.act === 'cut') {
    request.socket.destroy();
    return;
  }
  const echo: Echo = {
    name: hostname(),
    method: request.method ?? '',
    target: request.url ?? '',
    fields: pairs(request.rawHeaders),
    bytes,
    seen,
  };
  const body = JSON.stringify(echo);
  const fields = [...(wish.headers ?? []), ['Content-Type', 'application/json; charset=utf-8']];
  response.writeHead(wish.status ?? 200, [...fields, ['Content-Length', `${Buffer.byteLength(body)}`]].flat());
  if (wish.act === 'cut-inside') response.write(body.slice(0, 10), () => request.socket.destroy());
  else response.end(body);
}

const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
  if (request.url === '/livez' || request.url === '/readyz') {
    response.end('{"status":"ok"}');
    return;
  }
  seen += 1;
  const wish = JSON.parse((request.headers['x-stub'] as string | undefined) ?? '{}') as Wish;
  let bytes = 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.once('end', () => {
    const finish = (): void => answer(request, response, wish, bytes);
    if (wish.act !== 'hold') return finish();
    held.add(finish);
    process.stdout.write(`held ${request.url}\n`);
  });
});

/** The least that a WebSocket needs (RFC 6455, section 4.2.2); afterwards each byte comes back. */
server.on('upgrade', (request, socket) => {
  seen += 1;
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  const fields = [`Upgrade: ${request.headers.upgrade}`, 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
  socket.on('error', () => {});
  socket.write(['HTTP/1.1 101 Switching Protocols', ...fields, '', ''].join('\r\n'));
  socket.pipe(socket);
});

server.on('clientError', (_error, socket) => {
  seen += 1;
  socket.destroy();
});

process.on('SIGUSR2', () => {
  for (const finish of held) finish();
  held.clear();
});
process.on('SIGTERM', () => process.exit(0));
server.keepAliveTimeout = 65_000;
server.listen(3000);
