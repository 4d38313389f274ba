// What may come in, and in which form it goes further.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { listenerLimits } from '../../src/http/listener.ts';
import { BODY_BYTES } from '../../src/contract/shapes.ts';
import { rawRequest } from '../../src/testing/raw-http.ts';
import { expectProblem } from './headers.ts';
import { sendBytes } from './http.ts';
import { useProxy, wish } from './proxy.ts';

const site = { https: false };
const proxy = useProxy({ label: 'requests' });

/** Runs the steps; gives how many requests have reached the upstream meanwhile. */
async function reaching(steps: () => Promise<void>): Promise<number> {
  const before = await proxy.echo();
  await steps();
  const after = await proxy.echo();
  return after.seen - before.seen - 1;
}

const SMUGGLED = 'GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
const chunked = '5\r\nhello\r\n0\r\n\r\n';

test('HT-11 a framing fault is answered once with 400, closes, and nothing of it goes further', async () => {
  const faults: Record<string, [fields: string[], body: string]> = {
    'CL and TE': [['Content-Length: 5', 'Transfer-Encoding: chunked'], chunked],
    'TE and CL': [['Transfer-Encoding: chunked', 'Content-Length: 5'], chunked],
    'two different CL': [['Content-Length: 5', 'Content-Length: 6'], 'hello'],
    'two equal CL': [['Content-Length: 5', 'Content-Length: 5'], 'hello'],
    'a list of CL': [['Content-Length: 5, 5'], 'hello'],
    'negative CL': [['Content-Length: -5'], 'hello'],
    'signed CL': [['Content-Length: +5'], 'hello'],
    'CL in hex': [['Content-Length: 0x5'], 'hello'],
    'TE twice': [['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunked],
    'a space before the colon of CL': [['Content-Length : 5'], 'hello'],
    'a space before the colon of TE': [['Transfer-Encoding : chunked'], chunked],
    'a tab before the colon': [['Transfer-Encoding\t: chunked'], chunked],
    'a folded line': [['X-A: 1', ' Transfer-Encoding: chunked'], chunked],
    'a zero byte': [['X-A: 1\0'], ''],
    'a bare CR in a name': [['X-A\rTransfer-Encoding: chunked'], chunked],
    'an odd size of a chunk': [['Transfer-Encoding: chunked'], 'zz\r\nhello\r\n0\r\n\r\n'],
    'two Host': [['Host: localhost'], ''],
  };
  const reached = await reaching(async () => {
    for (const [name, [fields, body]] of Object.entries(faults)) {
      const head = ['POST /api/x HTTP/1.1', 'Host: localhost', ...fields, '', ''].join('\r\n');
      const answers = await sendBytes(proxy.port, head + body + SMUGGLED);
      expect([name, answers.length, answers[0]?.status]).toEqual([name, 1, 400]);
      if (answers[0] !== undefined) expectProblem(answers[0], 'malformed-request', { ...site, instance: '/api/x' });
      expect(answers[0]?.header('connection'), name).toBe('close');
    }
  });
  expect(reached).toBe(0);
});

test('HT-11 an unknown coding is refused and closes, and nothing of it goes further', async () => {
  const reached = await reaching(async () => {
    for (const coding of ['xchunked', 'gzip, chunked', 'chunked, identity', 'identity', 'chunked\x0b']) {
      const head = `POST /api/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: ${coding}\r\n\r\n`;
      const answers = await sendBytes(proxy.port, head + chunked + SMUGGLED);
      expect([coding, answers.length]).toEqual([coding, 1]);
      expect(answers[0]?.status, coding).toBe(400);
      expect(answers[0]?.header('connection'), coding).toBe('close');
    }
  });
  expect(reached).toBe(0);
});

test('HT-11 a line that ends in a bare LF is one line for everybody behind, with its CR', async () => {
  const bytes = 'POST /api/x HTTP/1.1\nHost: localhost\nX-A: 1\nContent-Length: 5\nConnection: close\n\nhello';
  const [answer, ...more] = await sendBytes(proxy.port, bytes);
  expect([answer?.status, more.length]).toEqual([200, 0]);
  // The stub's own parser, Node's, takes no bare LF.
  expect(answer?.json()).toMatchObject({ method: 'POST', target: '/api/x', bytes: 5 });
  expect(answer?.json()['fields']).toContainEqual(['X-A', '1']);
});

test('HT-11 a chunked body goes further with one framing only', async () => {
  const head = 'POST /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
  const [answer] = await sendBytes(proxy.port, head + chunked);
  const fields = answer?.json()['fields'] as [string, string][];
  expect(answer?.json()['bytes']).toBe(5);
  expect(fields.filter(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name))).toEqual([
    ['Content-Length', '5'],
  ]);
});

test('HT-12 HT-15 what no server can read is refused here: versions, methods, targets, hosts', async () => {
  const lines = [
    'GET /api/x HTTP/9.9',
    'GET /api/x HTTX/1.1',
    'get /api/x HTTP/1.1',
    'GET api HTTP/1.1',
    'CONNECT a:1 HTTP/1.1',
    'G@T / HTTP/1.1',
  ];
  const reached = await reaching(async () => {
    for (const line of lines) {
      const answers = await sendBytes(proxy.port, `${line}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect([line, answers.length]).toEqual([line, 1]);
      expect([400, 405], line).toContain(answers[0]?.status);
      expect(answers[0]?.header('content-type'), line).toMatch(/problem\+json/);
    }
    const [noHost] = await sendBytes(proxy.port, 'GET /api/x HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(noHost?.status).toBe(400);
  });
  expect(reached).toBe(0);
});

test('HT-12 an address of 8 KiB and header fields of 16 KiB in all, and not more', async () => {
  const reached = await reaching(async () => {
    const long = await proxy.send(`GET /api/${'x'.repeat(8 * 1024)}`);
    expectProblem(long, 'uri-too-long', { ...site, instance: '' });
    const one = await proxy.send('GET /api/x', { fields: [`X-Long: ${'x'.repeat(8 * 1024)}`] });
    expectProblem(one, 'headers-too-large', { ...site, instance: '/api/x' });
    const many = Array.from({ length: 40 }, (_, index) => `X-${index}: ${'x'.repeat(480)}`);
    const sum = await proxy.send('GET /api/x', { fields: many });
    expectProblem(sum, 'headers-too-large', { ...site, instance: '/api/x' });
  });
  expect(reached).toBe(0);
  // What is within goes further, whole.
  const target = `/api/${'x'.repeat(8 * 1024 - 100)}`;
  expect((await proxy.echo(`GET ${target}`)).target).toBe(target);
  const fields = Array.from({ length: 28 }, (_, index) => `X-${index}: ${'x'.repeat(480)}`);
  const echo = await proxy.echo('GET /api/x', { fields });
  expect(echo.fields.filter(([, value]) => value === 'x'.repeat(480))).toHaveLength(28);
  expect(fields.join('\r\n').length).toBeLessThan(listenerLimits.maxHeaderSize);
});

test('HT-12 a body of one byte too many is refused before a server hears of it, however it is framed', async () => {
  const reached = await reaching(async () => {
    const body = 'x'.repeat(BODY_BYTES + 1);
    expectProblem(await proxy.send('POST /api/x', { body }), 'content-too-large', { ...site, instance: '/api/x' });
    const head = 'POST /api/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
    const [answer] = await sendBytes(proxy.port, `${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect(answer?.status).toBe(413);
    // Nothing of the body has been sent yet.
    const [promised] = await sendBytes(proxy.port, rawRequest('POST /api/x', ['Content-Length: 999999999']));
    expect(promised?.status).toBe(413);
  });
  expect(reached).toBe(0);
  expect((await proxy.echo('POST /api/x', { body: 'x'.repeat(BODY_BYTES) })).bytes).toBe(BODY_BYTES);
});

test('HT-13 what an upstream says of itself does not go out', async () => {
  const headers: [string, string][] = [
    ['Server', 'stub/1.2.3'],
    ['X-Powered-By', 'Express'],
  ];
  const answer = await proxy.send('GET /api/x', { fields: [wish({ headers })] });
  expect(answer.status).toBe(200);
  expect(answer.header('server')).toBe('nginx');
  expect(answer.header('x-powered-by')).toBeUndefined();
});

test('HT-15 another host is refused with 421 and reaches nobody; health by address works', async () => {
  const hosts = ['evil.example', '192.0.2.1', '192.0.2.1:8080', 'localhost.evil.example', 'a.b:99', '172.30.90.2'];
  const reached = await reaching(async () => {
    for (const host of hosts)
      for (const target of ['/', '/api/x', '/assets/x.js', '/livez/', '/.well-known/jwks.json']) {
        const answer = await proxy.send(`GET ${target}`, { fields: [`Host: ${host}`] });
        expectProblem(answer, 'misdirected-request', { ...site, instance: target });
        expect(answer.text).toContain(`http://localhost:${proxy.port}`);
        expect(answer.text).not.toContain(host);
      }
  });
  expect(reached).toBe(0);
  for (const target of ['/livez', '/readyz'])
    expect((await proxy.send(`GET ${target}`, { fields: ['Host: 172.30.90.2:8080'] })).status, target).toBe(200);
  for (const host of ['localhost', 'LOCALHOST:1234', '127.0.0.1', '[::1]:80'])
    expect((await proxy.send('GET /api/x', { fields: [`Host: ${host}`] })).status, host).toBe(200);
  const absolute = await sendBytes(proxy.port, rawRequest('GET http://evil.example/api/x'));
  expect(absolute[0]?.status).toBe(421);
});

/** @returns the status, and what came back of `ping` sent afterwards */
function upgrade(target: string, fields: readonly string[]): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(proxy.port, '127.0.0.1');
    let text = '';
    socket.setTimeout(20_000, () => socket.destroy(new Error('nothing came')));
    socket.once('error', reject);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      const status = Number(text.split(' ')[1]);
      if (status === 101 && !text.includes('\r\n\r\n')) return;
      if (status === 101 && !text.includes('ping')) socket.write('ping');
      else {
        resolve({ status, text });
        socket.destroy();
      }
    });
    socket.write([`GET ${target} HTTP/1.1`, 'Host: localhost', ...fields, '', ''].join('\r\n'));
  });
}

const HANDSHAKE = ['Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];

test('HT-16 a WebSocket goes through on its one path, in both directions', async () => {
  for (const word of ['websocket', 'WebSocket']) {
    const { status, text } = await upgrade('/api/realtime?x=1', [...HANDSHAKE, `Upgrade: ${word}`]);
    expect(status).toBe(101);
    expect(text).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(text.endsWith('ping')).toBe(true);
  }
});

test('HT-16 no other upgrade and no other path takes part: the fields do not go further', async () => {
  const http2 = ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__', 'Upgrade: h2c'];
  const asked: [string, string[]][] = [
    ['/api/x', [...HANDSHAKE, 'Upgrade: websocket']],
    ['/api/realtime/', [...HANDSHAKE, 'Upgrade: websocket']],
    ['/API/realtime', [...HANDSHAKE, 'Upgrade: websocket']],
    ['/api/realtime', http2],
    ['/api/x', http2],
    ['/api/realtime', ['Connection: Upgrade', 'Upgrade: websocket, h2c']],
    ['/api/realtime', ['Connection: Upgrade', 'Upgrade: TLS/1.0']],
  ];
  for (const [target, fields] of asked) {
    const { status, text } = await upgrade(target, fields);
    expect([target, fields.at(-1), status]).toEqual([target, fields.at(-1), 200]);
    expect(text).not.toMatch(/\["(?:upgrade|connection)"/i);
  }
});
