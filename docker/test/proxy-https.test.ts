// People come by https, through a proxy of the operator's which this machine stands for.
import { expect, test } from 'vitest';
import { apiHeaders } from '../../src/http/security-headers.ts';
import { expectApiHeaders, expectPageHeaders, expectProblem } from './headers.ts';
import { sendBytes } from './http.ts';
import type { Answer } from './http.ts';
import { useProxy, wish } from './proxy.ts';

const ORIGIN = 'https://auth.example.test';
const HOST = 'Host: auth.example.test';
const HTTPS = 'X-Forwarded-Proto: https';
const HTTP = 'X-Forwarded-Proto: http';
const site = { https: true };

const proxy = useProxy({
  label: 'https',
  env: (stack) => ({ PUBLIC_URL: `${ORIGIN}/`, TRUSTED_PROXIES: stack.gateway }),
});

const get = (line: string, ...fields: string[]): Promise<Answer> => proxy.send(line, { fields: [HOST, ...fields] });

test('HT-01 HT-15 a page asked for by http moves to the configured origin, whatever the request says', async () => {
  const { seen } = await proxy.echo('GET /api/echo', { fields: [HOST, HTTPS] });
  for (const [line, target] of [
    ['GET /', '/'],
    ['GET /sign-in?next=%2Faccount', '/sign-in?next=%2Faccount'],
    ['GET /a%0d%0aSet-Cookie:x', '/a%0d%0aSet-Cookie:x'],
    ['GET //evil.example/x', '//evil.example/x'],
    ['POST /sign-in', '/sign-in'],
  ] as const) {
    const answer = await get(line, HTTP, 'X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example');
    expect(answer.status, line).toBe(308);
    expect(answer.header('location'), line).toBe(`${ORIGIN}${target}`);
    expect(JSON.stringify(answer.fields), line).not.toContain('https://evil');
    expectApiHeaders(answer, site, `308 ${line}`);
    expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.header('set-cookie')).toBeUndefined();
  }
  const other = await proxy.send('GET /', { fields: ['Host: evil.example', HTTP] });
  expectProblem(other, 'misdirected-request', { ...site, instance: '/' });
  expect(other.header('location')).toBeUndefined();
  expect(JSON.stringify(other.fields) + other.text).not.toContain('auth.example.test');
  expect((await proxy.echo('GET /api/echo', { fields: [HOST, HTTPS] })).seen).toBe(seen + 1);
});

test('HT-01 the API by http is refused, in every spelling, and reaches no server', async () => {
  const { seen } = await proxy.echo('GET /api/echo', { fields: [HOST, HTTPS] });
  const targets = ['/api/auth/login', '/api', '//api/x', '/API/x', '/%61pi/x', '/.well-known/jwks.json', '/x/../api/y'];
  for (const target of targets) {
    const answer = await get(`POST ${target}`, HTTP);
    expectProblem(answer, 'https-required', { ...site, instance: target });
    expect(answer.text).toContain(ORIGIN);
    expect(answer.header('location')).toBeUndefined();
  }
  expect((await proxy.echo('GET /api/echo', { fields: [HOST, HTTPS] })).seen).toBe(seen + 1);
});

test('HT-01 HT-11 what cannot be read by http is refused, and moves nowhere', async () => {
  for (const target of ['/%00', '/%zz', 'x']) {
    const bytes = [`GET ${target} HTTP/1.1`, HOST, HTTP, 'Connection: close', '', ''].join('\r\n');
    const [answer, ...more] = await sendBytes(proxy.port, bytes);
    if (answer === undefined || more.length > 0) throw new Error(`not one answer to ${target}`);
    expectProblem(answer, 'malformed-request', { ...site, instance: '' });
    expect(answer.header('location')).toBeUndefined();
  }
});

test('HT-01 health checks answer by http', async () => {
  for (const target of ['/livez', '/readyz']) expect((await get(`GET ${target}`, HTTP)).status, target).toBe(200);
});

test('HT-01 only a trusted proxy says that a request came by https', async () => {
  const echo = await proxy.echo('GET /api/echo', { fields: [HOST, HTTPS] });
  expect(echo.fields).toContainEqual(['X-Forwarded-Proto', 'https']);
  // Another container stands for a stranger: its address is not in TRUSTED_PROXIES.
  const ask = `
    const { request } = require('node:http');
    for (const headers of [{}, { 'X-Forwarded-Proto': 'https' }])
      request({ host: 'proxy', port: 8080, path: '/api/echo', headers: { Host: 'auth.example.test', ...headers } }, (answer) => {
        console.log(answer.statusCode);
        answer.resume();
      }).end();`;
  const { stdout } = await proxy.stack.exec('backend', ['node', '-e', ask]);
  expect(stdout.trim().split('\n')).toEqual(['403', '403']);
});

test('HT-02 HT-03 HT-04 HT-05 every kind of answer carries all of the headers, each once', async () => {
  const page = await get('GET /sign-in', HTTPS);
  expectPageHeaders(page, site, 'page');
  const [asset = ''] = /\/assets\/[\w./-]+\.js/.exec(page.text) ?? [];
  const kept = 'public, max-age=31536000, immutable';
  expectApiHeaders(await get(`GET ${asset}`, HTTPS), site, 'asset', kept);
  const etag = (await get(`GET ${asset}`, HTTPS)).header('etag') ?? '';
  const unchanged = await get(`GET ${asset}`, HTTPS, `If-None-Match: ${etag}`);
  expect(unchanged.status).toBe(304);
  expectApiHeaders(unchanged, site, '304', kept);

  const bare = await get('GET /api/x', HTTPS);
  expectApiHeaders(bare, site, 'an answer that brings none');
  expect(bare.header('x-request-id')).toMatch(/^[\w-]{8,64}$/);
  const full = [...apiHeaders({ strictTransportSecurity: true }), ['Cache-Control', 'private, no-cache'] as const];
  const brings = wish({
    headers: [...full, ['X-Request-Id', 'the-servers-own']].map(([name = '', value = '']) => [name, value]),
  });
  const answered = await get('GET /api/x', HTTPS, brings);
  expectApiHeaders(answered, site, 'an answer that brings all', 'private, no-cache');
  expect(answered.header('x-request-id')).toBe('the-servers-own');
  for (const status of [201, 204, 401, 404, 422, 429, 500, 503])
    expectApiHeaders(await get('GET /api/x', HTTPS, wish({ status })), site, `an upstream's ${status}`);
});

test('HT-02 HT-03 HT-04 HT-05 HT-06 each refusal of the proxy is a problem under all of the headers', async () => {
  const expectRefusal = (answer: Answer | undefined, name: Parameters<typeof expectProblem>[1], instance: string) => {
    if (answer === undefined) throw new Error(`no answer: ${name}`);
    expectProblem(answer, name, { ...site, instance });
  };
  const raw = async (line: string, ...fields: string[]): Promise<Answer | undefined> =>
    (await sendBytes(proxy.port, [line, HOST, HTTPS, 'Connection: close', ...fields, '', ''].join('\r\n')))[0];

  expectRefusal(await raw('GET /api/x HTTP/1.1', 'Content-Length: x'), 'malformed-request', '/api/x');
  expectRefusal(await get('GET /api/x', HTTP), 'https-required', '/api/x');
  expectRefusal(await get('GET /assets/none.js', HTTPS), 'not-found', '/assets/none.js');
  expectRefusal(await get('GET /none.txt', HTTPS), 'not-found', '/none.txt');
  expectRefusal(await raw('TRACE /api/x HTTP/1.1'), 'method-not-allowed', '/api/x');
  expectRefusal(await raw('TRACE / HTTP/1.1'), 'method-not-allowed', '/');
  expectRefusal(await raw('POST /api/x HTTP/1.1', 'Content-Length: 16385'), 'content-too-large', '/api/x');
  expectRefusal(await raw('POST /x HTTP/1.1', 'Content-Length: 16385'), 'content-too-large', '/x');
  expectRefusal(await raw(`GET /${'x'.repeat(9000)} HTTP/1.1`), 'uri-too-long', '');
  expectRefusal(await raw('GET /api/x HTTP/1.1', `X-Long: ${'x'.repeat(9000)}`), 'headers-too-large', '/api/x');
  expectRefusal(
    await proxy.send('GET /api/x', { fields: ['Host: 192.0.2.1', HTTPS] }),
    'misdirected-request',
    '/api/x',
  );
  expectRefusal(await get('GET /api/x', HTTPS, wish({ act: 'cut' })), 'unavailable', '/api/x');
});
