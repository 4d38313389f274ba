import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { exchange, rawRequest, sendUntilAnswered, sendUntilClosed } from '../testing/raw-http.ts';
import { startListener } from '../testing/start-listener.ts';

const greeting = { status: 200, body: 'hello' };

/** Counts who gets through. */
async function startGreeter() {
  const seen: string[] = [];
  const { url, server, logLines } = await startListener((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.setHeader('Content-Length', greeting.body.length);
    response.end(greeting.body);
  });
  return { url, server, logLines, seen };
}

const post = 'POST / HTTP/1.1\r\nHost: localhost\r\n';

it.each([
  [
    'Content-Length beside Transfer-Encoding',
    `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['two Content-Lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
  ['one Content-Length twice in a line', `${post}Content-Length: 2, 2\r\n\r\n{}`],
  ['a signed Content-Length', `${post}Content-Length: +2\r\n\r\n{}`],
  ['a Transfer-Encoding that does not end in chunked', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['a Transfer-Encoding that nobody knows', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['a space before the colon', `${post}Content-Length : 2\r\n\r\n{}`],
  ['a folded field', `${post}X-Test: a\r\n b\r\n\r\n`],
  ['bare line feeds', 'GET / HTTP/1.1\nHost: localhost\n\n'],
  ['a bare carriage return in a field', `${post}X-Test: a\rb\r\n\r\n`],
  ['NUL in a field', `${post}X-Test: a\0b\r\n\r\n`],
  ['no field at all', 'GET / HTTP/1.1\r\n\r\n'],
  ['another protocol', '\u0016\u0003\u0001\u0002\u0000\u0001'],
  ['a version that does not exist', 'GET / HTTP/3.7\r\nHost: localhost\r\n\r\n'],
  ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n'],
])('HT-11 answers %s with one 400 and a close', async (_fault, bytes) => {
  const { url, seen } = await startGreeter();
  // What comes behind it might be meant for the next one on a shared connection: it must not be taken for a request.
  const answers = await sendUntilClosed(url, `${bytes}GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const [answer, ...others] = answers;
  expect(others).toEqual([]);
  expect(answer).toMatchObject({
    status: 400,
    headers: {
      connection: 'close',
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    },
    json: {
      type: 'urn:gatehouse:problem:malformed-request',
      status: 400,
      requestId: answer?.headers['x-request-id'],
    },
  });
  expect(answer?.headers).not.toHaveProperty('server');
  expect(seen).not.toContain('GET /smuggled');
});

it('HT-11 refuses a broken chunk of a body that is being read, once, and reads no further', async () => {
  const bodies: string[] = [];
  const { url } = await startListener((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
    request.on('end', () => response.end('done'));
  });
  const answers = await sendUntilClosed(
    url,
    `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\nmore\r\n0\r\n\r\n`,
  );
  expect(answers.map(({ status }) => status)).toEqual([400]);
  expect(bodies.join('')).not.toContain('more');
});

it('HT-11 guards: a fault behind a request that is still being handled is answered after it, not in its place', async () => {
  const handled = Promise.withResolvers<void>();
  const { url } = await startListener((_request, response) => {
    void handled.promise.then(() => response.writeHead(200, { 'Content-Length': 5 }).end('hello'));
  });
  const answers = sendUntilClosed(url, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGARBAGE\r\n\r\n');
  handled.resolve();
  expect(await answers).toMatchObject([greeting, { status: 400 }]);
});

it('HT-11 guards: a fault in a body whose answer has begun does not fall into that answer', async () => {
  const { url } = await startListener((_request, response) => {
    response.writeHead(200, { 'Content-Length': 10 });
    response.write('hello');
  });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${post}Transfer-Encoding: chunked\r\n\r\n`);
  const [begun] = (await once(socket, 'data')) as [Buffer];
  socket.write('zz\r\n');
  let more = begun.toString();
  socket.on('data', (chunk: Buffer) => (more += chunk.toString()));
  await once(socket, 'close');
  expect(more).toMatch(/^HTTP\/1.1 200 /);
  expect(more).not.toContain('HTTP/1.1 400');
  expect(more).not.toContain('problem');
});

it('HT-12 a refused connection does not stay open for as long as the other side likes', async () => {
  const { url, server } = await startGreeter();
  const closes: number[] = [];
  server.on('connection', (socket) => {
    const setTimeout = socket.setTimeout.bind(socket);
    socket.setTimeout = (milliseconds, ...rest) => {
      closes.push(milliseconds);
      return setTimeout(milliseconds, ...rest);
    };
  });
  await sendUntilAnswered(url, 'GARBAGE\r\n\r\n');
  expect(closes.at(-1)).toBe(5_000);
});

it.each([
  [
    'a framing fault',
    `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    400,
    'malformed-request',
    'HPE_UNEXPECTED_CONTENT_LENGTH',
  ],
  ['no request', 'hunter2 hunter2\r\n\r\n', 400, 'malformed-request', 'HPE_INVALID_METHOD'],
  [
    'large header fields',
    rawRequest('GET /', [`X-Large: ${'hunter2'.repeat(4_000)}`]),
    431,
    'headers-too-large',
    'HPE_HEADER_OVERFLOW',
  ],
  ['a target that is none', rawRequest('GET ftp://hunter2/'), 400, 'malformed-request', 'INVALID_TARGET'],
  ['an unknown coding', `${post}Transfer-Encoding: hunter2\r\n\r\n`, 400, 'malformed-request', 'UNKNOWN_CODING'],
  ['no host', 'GET /hunter2 HTTP/1.1\r\n\r\n', 400, 'malformed-request', 'NO_HOST'],
  ['a tunnel', 'CONNECT hunter2:443 HTTP/1.1\r\nHost: hunter2:443\r\n\r\n', 400, 'malformed-request', 'CONNECT'],
])('LO-01 LO-03 writes one line for %s, and no byte of it', async (_what, bytes, status, problem, code) => {
  const { url, logLines } = await startGreeter();
  const [answer] = await sendUntilClosed(url, bytes);
  expect(logLines()).toEqual([
    {
      level: 'info',
      time: expect.any(String) as unknown,
      requestId: answer?.headers['x-request-id'],
      address: '127.0.0.1',
      status,
      problem,
      code,
      msg: 'unreadable request refused',
    },
  ]);
  expect(answer?.status).toBe(status);
  expect(JSON.stringify(logLines())).not.toContain('hunter2');
});

it('LO-01 HT-12 writes one line for a request that does not arrive in time', async () => {
  const { url, server, logLines } = await startGreeter();
  server.headersTimeout = 1; // looked at every five seconds
  const slow = await sendUntilClosed(url, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: hunter2');
  expect(slow).toMatchObject([{ status: 408, json: { type: 'urn:gatehouse:problem:request-timeout' } }]);
  expect(logLines()).toMatchObject([{ status: 408, problem: 'request-timeout', code: 'ERR_HTTP_REQUEST_TIMEOUT' }]);
}, 30_000);

it('HT-12 has the limits and time-outs that stand in the requirements', async () => {
  const { server } = await startGreeter();
  expect(server).toMatchObject({
    headersTimeout: 15_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 60_000,
    timeout: 60_000,
    // Dropping fields without a word, the last ones first, would hide what a proxy appends. 16 KiB bound them.
    maxHeadersCount: null,
  });
});

it('HT-12 answers header fields over 16 KiB in all with 431', async () => {
  const { url, seen } = await startGreeter();
  const large = await sendUntilClosed(url, rawRequest('GET /', [`X-Large: ${'a'.repeat(16 * 1024)}`]));
  expect(large).toMatchObject([{ status: 431, json: { type: 'urn:gatehouse:problem:headers-too-large' } }]);
  const many = Array.from({ length: 500 }, (_, index) => `X-${index}: ${'a'.repeat(40)}`);
  expect(await sendUntilClosed(url, rawRequest('GET /', many))).toMatchObject([{ status: 431 }]);
  expect(seen).toEqual([]);
  expect(await exchange(url, 'GET /', [`X-Large: ${'a'.repeat(15 * 1024)}`])).toMatchObject(greeting);
});

it.each([
  ['/api/auth/me#x', 'a fragment'],
  ['//x@y/api/auth/me#', 'a host that Express would strip'],
  ['//x@[/api/auth/me#', 'a host that made Express answer by itself, in HTML'],
  ['http://[::1/x y', 'a space'],
  ['http://a%zz/x', 'a host with a percent sign'],
  ['/\u00e9', 'bytes above ASCII'],
  ['/\u00a0', 'a no-break space'],
  ['ftp://host/x', 'another scheme'],
  ['*', 'the asterisk without OPTIONS'],
])('AZ-08 guards: the target %j (%s) is no request', async (target) => {
  const { url, seen } = await startGreeter();
  const bytes = Buffer.from(rawRequest(`GET ${target}`), 'latin1');
  const [answer] = await sendUntilClosed(url, bytes);
  expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'application/problem+json; charset=utf-8' } });
  expect(seen).toEqual([]);
});

it.each([
  ['http://elsewhere.example/api/auth/me?a=1', '/api/auth/me?a=1'],
  ['http://elsewhere.example', '/'],
  ['HTTPS://elsewhere.example:8443?a', '/?a'],
  ['/a%20b;c=1/..//?x=/?&', '/a%20b;c=1/..//?x=/?&'],
])('AZ-08 the target %j reaches the router as %j', async (target, url) => {
  const greeter = await startGreeter();
  expect(await exchange(greeter.url, `GET ${target}`)).toMatchObject(greeting);
  expect(greeter.seen).toEqual([`GET ${url}`]);
});

it('HT-06 guards: what Node would answer by itself is a problem, or a request like others', async () => {
  const { url, seen } = await startGreeter();
  const noHost = await sendUntilClosed(url, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
  expect(noHost).toMatchObject([{ status: 400, json: { type: 'urn:gatehouse:problem:malformed-request' } }]);
  expect(seen).toEqual([]);
  expect(await exchange(url, 'GET /', ['Expect: the-spanish-inquisition'])).toMatchObject(greeting);
  const asterisk = await exchange(url, 'OPTIONS *');
  expect(asterisk).toMatchObject(greeting);
});
