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
    .request(address, {})
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

  it('carries no Authorization header without a token', async () => {
    const { request, sent } = open(() => new Response(null, { status: 204 }));
    expect(await request(address, {})).toEqual({ status: 204, body: undefined });
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
    await expect(request(address, {}, { signal: controller.signal })).rejects.toBe(reason);
  });
});
