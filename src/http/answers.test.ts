// Each shape that an answer can have, by an endpoint of its own.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { defineEndpoint } from '#contract/endpoint.ts';
import { createOpenApi } from '#contract/openapi.ts';
import { bytes } from '#contract/shapes.ts';
import { call, refusal } from '../testing/personas.ts';
import { sendUntilClosed } from '../testing/raw-http.ts';
import { startServer } from '../testing/start-server.ts';
import { until } from '../testing/until.ts';
import { answer, route } from './route.ts';
import type { Route } from './route.ts';

const about = { tag: 'Test', summary: 'A test', description: 'A test.', problems: [], access: 'public' } as const;

const getText = defineEndpoint({
  ...about,
  name: 'getText',
  method: 'GET',
  path: '/api/text',
  quota: 'general',
  answers: { 200: 'text/plain' },
});

const followMe = defineEndpoint({
  ...about,
  name: 'followMe',
  method: 'GET',
  path: '/api/follow',
  quota: 'general',
  query: z.strictObject({ to: z.string() }),
  answers: { 303: 'redirect' },
});

const getBytes = defineEndpoint({
  ...about,
  name: 'getBytes',
  method: 'GET',
  path: '/api/bytes',
  quota: 'general',
  query: z.strictObject({ as: z.enum(['whole', 'stream', 'broken', 'unknown']) }),
  answers: { 200: bytes('image/webp', 'application/octet-stream') },
});

const PICTURE = new Uint8Array(100_000).map((_, index) => index % 251);
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** Whether a stream that nobody reads was given up. */
const createSeen = () => ({ closed: false });

function pictureStream(seen: ReturnType<typeof createSeen>, fails: boolean): Readable {
  async function* pieces() {
    for (let at = 0; at < PICTURE.length; at += 10_000) {
      if (fails && at > 50_000) throw new Error('the disk is gone');
      yield PICTURE.subarray(at, at + 10_000);
    }
  }
  return Readable.from(pieces()).once('close', () => (seen.closed = true));
}

const createRoutes = (seen: ReturnType<typeof createSeen>): Route[] => [
  route(getText, async () => answer(200, 'bare', { 'Content-Language': 'en' })),
  route(followMe, async ({ query }) => answer(303, query.to)),
  route(getBytes, async ({ query: { as } }) => {
    if (as === 'whole') return answer(200, { contentType: 'image/webp' as const, bytes: PICTURE });
    if (as === 'unknown') return answer(200, { contentType: 'text/html' as 'image/webp', bytes: PICTURE });
    const contentType = 'application/octet-stream' as const;
    return answer(200, { contentType, bytes: pictureStream(seen, as === 'broken'), length: PICTURE.length });
  }),
];

async function start() {
  const seen = createSeen();
  const server = await startServer({ routes: createRoutes(seen) });
  return { ...server, seen };
}

it('HT-06 text has its type and its charset', async () => {
  const { url } = await start();
  const response = await fetch(`${url}/api/text`);
  expect(await response.text()).toBe('bare');
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(response.headers.get('content-language')).toBe('en');
});

it('IN-15 a redirect leads to a path of this site or a whole address, and nowhere else', async () => {
  const { url } = await start();
  const follow = (to: string) =>
    fetch(`${url}/api/follow?${new URLSearchParams({ to }).toString()}`, { redirect: 'manual' });
  for (const to of ['/account?next=1', 'https://app.example.org/x', 'http://app.localhost:3000/'])
    expect((await follow(to)).headers.get('location')).toBe(to);
  for (const to of [
    '//evil.example',
    '/\\evil.example',
    // oxlint-disable-next-line no-script-url -- which is what must not get through
    'javascript:alert(1)',
    'http://evil.example/',
    '/a\r\nX: y',
    '',
  ]) {
    const answered = await follow(to);
    expect(answered.status, to).toBe(500);
    expect(answered.headers.has('location'), to).toBe(false);
  }
});

it('FU-04 bytes are sent whole or as a stream, as what they are, and to HEAD not at all', async () => {
  const { url, seen } = await start();
  for (const as of ['whole', 'stream']) {
    const response = await fetch(`${url}/api/bytes?as=${as}`);
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(sha256(PICTURE));
    expect(response.headers.get('content-length')).toBe(String(PICTURE.length));
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  }
  seen.closed = false;
  const head = await fetch(`${url}/api/bytes?as=stream`, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(String(PICTURE.length));
  await until(() => seen.closed);
  expect(await call({ url }, '/api/bytes?as=unknown')).toMatchObject(refusal('internal'));
});

it('LO-07 a stream that fails on its way breaks the connection: no client takes a part for the whole', async () => {
  const { url, logLines } = await start();
  const response = await fetch(`${url}/api/bytes?as=broken`);
  await expect(response.arrayBuffer()).rejects.toThrow('terminated');
  await until(() => logLines().some(({ msg }) => msg === 'request failed'));
  expect(await (await fetch(`${url}/api/text`)).text(), 'and the server goes on').toBe('bare');
});

const startWith = (body: { bytes: AsyncIterable<Uint8Array>; length?: number }) =>
  startServer({ routes: [route(getBytes, async () => answer(200, { contentType: 'image/webp' as const, ...body }))] });

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

it.each([
  ['more', 3, 'abcHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL'],
  ['fewer', 30, 'abc'],
])(
  'HT-11 a stream of %s bytes than were announced ends the connection, and is nobody else’s answer',
  async (_what, length, text) => {
    const { url, logLines } = await startWith({ bytes: once(text), length });
    const pipelined = 'GET /api/bytes?as=stream HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2);
    const answers = await sendUntilClosed(url, pipelined);
    expect(answers.map(({ body }) => body).join('')).not.toContain('EVIL');
    expect(answers.length).toBeLessThan(2);
    await until(() => logLines().some(({ msg }) => msg === 'request failed'));
  },
);

it('LO-07 a stream that fails before its first byte is a problem, and no broken answer', async () => {
  // oxlint-disable-next-line require-yield
  async function* broken(): AsyncGenerator<Uint8Array> {
    throw new Error('the disk is gone');
  }
  const { url } = await startWith({ bytes: broken(), length: 10 });
  const answered = await call({ url }, '/api/bytes?as=stream');
  expect(answered).toMatchObject(refusal('internal'));
});

it('a stream is closed whose answer is against the contract', async () => {
  const source = Readable.from(once('x'));
  const body = { contentType: 'text/html' as 'image/webp', bytes: source };
  const { url } = await startServer({ routes: [route(getBytes, async () => answer(200, body))] });
  expect(await call({ url }, '/api/bytes?as=stream')).toMatchObject(refusal('internal'));
  expect(source.destroyed).toBe(true);
});

it('a caller that leaves while a stream is sent to it is no fault of the server', async () => {
  const seen = createSeen();
  let resume = (): void => {};
  const waiting = new Promise<void>((resolve) => (resume = resolve));
  onTestFinished(() => resume());
  async function* endless() {
    try {
      for (;;) {
        yield PICTURE;
        await Promise.race([waiting, new Promise((resolve) => setImmediate(resolve))]);
      }
    } finally {
      seen.closed = true;
    }
  }
  const routes = [route(getBytes, async () => answer(200, { contentType: 'image/webp' as const, bytes: endless() }))];
  const { url, logLines } = await startServer({ routes });
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/bytes?as=stream`, { signal: leaving.signal });
  await response.body?.getReader().read();
  leaving.abort();
  await until(() => seen.closed);
  await until(() => logLines().some(({ msg, status }) => msg === 'request' && status === 499));
  expect(logLines().filter(({ level }) => level === 'error')).toEqual([]);
});

it('HT-09 no answer sets a cookie past the check of its origin', async () => {
  const routes = [route(getText, async () => answer(200, 'x', { 'set-cookie': 'a=b' }))];
  const { url } = await startServer({ routes });
  const answered = await call({ url }, '/api/text');
  expect(answered).toMatchObject(refusal('internal'));
  expect(answered.headers.getSetCookie()).toEqual([]);
});

it('the document describes each of them', () => {
  const document = createOpenApi([getText, followMe, getBytes], { version: '1', server: 'http://localhost:3000' });
  const paths = document['paths'] as Record<string, Record<string, { responses: unknown }>>;
  expect(paths['/api/text']?.['get']?.responses).toMatchObject({ 200: { content: { 'text/plain': {} } } });
  expect(paths['/api/follow']?.['get']?.responses).toMatchObject({ 303: { headers: { Location: {} } } });
  expect(paths['/api/bytes']?.['get']?.responses).toMatchObject({
    200: { content: { 'image/webp': {}, 'application/octet-stream': {} } },
  });
});
