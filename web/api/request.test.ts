import { describe, expect, it } from 'vitest';
import type { Address } from './endpoints.ts';
import { Refusal } from './refusal.ts';
import { createRequest } from './request.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const address: Address = { method: 'PATCH', path: '/api/things/:id', authorized: true };

/** @param answer what the network gives */
function open(answer: () => Response | Promise<Response>) {
  const sent: { url: string; init: RequestInit }[] = [];
  const request = createRequest({
    now: () => NOW,
    fetch: async (url, init = {}) => {
      sent.push({ url: url as string, init });
      return answer();
    },
  });
  return { request, sent };
}

const json = (body: unknown, init: ResponseInit = {}): Response => new Response(JSON.stringify(body), init);

async function refusalOf(answer: () => Response | Promise<Response>): Promise<Refusal> {
  const error: unknown = await open(answer)
    .request(address, { params: { id: 'x' } })
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(Refusal);
  return error as Refusal;
}

const problem = (name: string, status: number, headers: Record<string, string> = {}, more: object = {}): Response =>
  json({ type: `urn:gatehouse:problem:${name}`, title: 'A title', status, ...more }, { status, headers });

describe('a request', () => {
  it('is JSON, stays on this site, and is never taken from a cache', async () => {
    const { request, sent } = open(() => json({ fine: true }));
    const answer = await request(
      address,
      { body: { a: 1 }, params: { id: 'a/b' }, query: { page: 2, none: undefined } },
      { token: 'T' },
    );
    expect(answer).toEqual({ status: 200, body: { fine: true } });
    expect(sent[0]?.url).toBe('/api/things/a%2Fb?page=2');
    expect(sent[0]?.init).toMatchObject({
      method: 'PATCH',
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      body: '{"a":1}',
    });
    const headers = new Headers(sent[0]?.init.headers);
    expect(Object.fromEntries(headers)).toEqual({
      accept: 'application/json',
      authorization: 'Bearer T',
      'content-type': 'application/json',
    });
  });

  it('writes a form and a multipart body, the fields before the files, and leaves their type to the browser', async () => {
    const { request, sent } = open(() => json({}));
    await request({ ...address, body: 'form' }, { body: { a: '1&2', b: '' }, params: { id: 'x' } });
    expect(sent[0]?.init.body).toEqual(new URLSearchParams({ a: '1&2', b: '' }));
    const file = new File(['text'], 'a.txt');
    const body = { fields: { title: 'T' }, files: [{ name: 'file', file }] };
    await request({ ...address, body: 'multipart' }, { body, params: { id: 'x' } });
    const data = sent[1]?.init.body as FormData;
    expect([...data.keys()]).toEqual(['title', 'file']);
    expect((data.get('file') as File).name).toBe('a.txt');
    for (const { init } of sent) expect(new Headers(init.headers).has('content-type')).toBe(false);
  });

  it('reads text as text and bytes as a Blob; a refusal of either is a problem', async () => {
    const text = await open(() => new Response('plain')).request(
      { ...address, answer: 'text' },
      { params: { id: 'x' } },
    );
    expect(text.body).toBe('plain');
    const bytes: Address = { ...address, answer: 'bytes' };
    const { body } = await open(() => new Response(new Uint8Array([1, 2]))).request(bytes, { params: { id: 'x' } });
    expect(new Uint8Array(await (body as Blob).arrayBuffer())).toEqual(new Uint8Array([1, 2]));
    const refused = open(() => problem('forbidden', 403)).request(bytes, { params: { id: 'x' } });
    await expect(refused).rejects.toMatchObject({ problem: 'forbidden' });
  });

  it('carries no Authorization header without a token', async () => {
    const { request, sent } = open(() => new Response(null, { status: 204 }));
    expect(await request(address, { params: { id: 'x' } })).toEqual({ status: 204, body: undefined });
    expect(new Headers(sent[0]?.init.headers).has('authorization')).toBe(false);
  });
});

describe('a refusal', () => {
  it('is what the server says', async () => {
    const errors = [{ pointer: '/email', detail: 'This is none.' }];
    const refusal = await refusalOf(() =>
      problem('invalid-input', 422, {}, { detail: 'Look.', requestId: 'r-1', errors }),
    );
    expect(refusal).toMatchObject({
      problem: 'invalid-input',
      status: 422,
      title: 'A title',
      detail: 'Look.',
      requestId: 'r-1',
      errors,
      retryAt: undefined,
      isOutage: false,
    });
  });

  it.each([
    ['7', NOW + 7_000],
    ['Sun, 01 Mar 2026 12:01:00 GMT', NOW + 60_000],
    ['soon', undefined],
  ])('knows when to try again: %s', async (header, at) => {
    const refusal = await refusalOf(() => problem('busy', 503, { 'Retry-After': header }));
    expect(refusal.retryAt).toBe(at);
    expect(refusal.isOutage).toBe(true);
  });

  it.each([
    ['nobody', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['a proxy', () => new Response('<h1>Bad Gateway</h1>', { status: 502 })],
    ['a proxy that refuses', () => new Response('Forbidden', { status: 403 })],
    ['another API', () => json({ type: 'about:blank', title: 'No' }, { status: 401 })],
    ['a page with status 200', () => new Response('<h1>Log in to the Wi-Fi</h1>')],
  ])('is an outage where %s answers', async (_who, answer) => {
    const refusal = await refusalOf(answer);
    expect(refusal.problem).toBe('unreachable');
    expect(refusal.isOutage).toBe(true);
  });

  it('takes the id of the request from the header where the body has none', async () => {
    const refusal = await refusalOf(() => problem('internal', 500, { 'X-Request-Id': 'r-2' }));
    expect(refusal.requestId).toBe('r-2');
  });

  it("is none where it was the caller's own wish to stop", async () => {
    const controller = new AbortController();
    const reason = new DOMException('stopped', 'AbortError');
    controller.abort(reason);
    const { request } = open(() => Promise.reject(reason));
    await expect(request(address, { params: { id: 'x' } }, { signal: controller.signal })).rejects.toBe(reason);
  });
});
