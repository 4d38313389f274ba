import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { defineEndpoint } from '#contract/endpoint.ts';
import type { Endpoint } from '#contract/endpoint.ts';
import { Problem, problems } from '#contract/problem.ts';
import { call } from '../testing/personas.ts';
import { exchange, sendUntilAnswered } from '../testing/raw-http.ts';
import { startServer } from '../testing/start-server.ts';
import type { UserPrincipal } from './principal.ts';
import { answer, route } from './route.ts';
import type { Route } from './route.ts';

const NOT_AN_ID = 'This is not an id.';

const about = { tag: 'Test', summary: 'A test', description: 'A test.', problems: [] } as const;

const getThing = defineEndpoint({
  ...about,
  name: 'getThing',
  method: 'GET',
  path: '/api/things/:id',
  access: 'public',
  quota: 'general',
  params: z.strictObject({ id: z.string().check(z.regex(/^\d+$/, NOT_AN_ID)) }),
  query: z.strictObject({
    sort: z.optional(z.enum(['name', 'date'])),
    limit: z.optional(z.string().check(z.regex(/^\d{1,2}$/))),
  }),
  answers: { 200: z.object({ id: z.string(), owner: z.object({ name: z.string() }) }) },
});

const changeThing = defineEndpoint({
  ...about,
  name: 'changeThing',
  method: 'PATCH',
  path: '/api/things/:id',
  access: { permission: 'files:manage' },
  quota: 'general',
  params: z.strictObject({ id: z.string() }),
  body: z.strictObject({ name: z.string() }),
  answers: { 204: 'empty' },
});

/** A server with one endpoint that does this. */
const startWith = (handle: () => Promise<unknown>) =>
  startServer({ routes: [route(getThing, handle as never)], translateError: () => undefined });

it('AZ-05 an answer holds what its contract declares; other fields are dropped at every depth', async () => {
  const { url } = await startWith(async () =>
    answer(200, { id: '1', passwordHash: '$2b$', owner: { name: 'ada', email: 'ada@example.org' }, secret: 's' }),
  );
  expect((await call({ url }, '/api/things/1')).body).toEqual({ id: '1', owner: { name: 'ada' } });
});

it.each([
  ['with a field missing', answer(200, { id: '1' })],
  ['with a field of another type', answer(200, { id: 's3cret', owner: { name: 5 } })],
  ['with a status that it does not declare', answer(202, { id: '1', owner: { name: 's3cret' } })],
  ['with nothing', answer(200)],
])('LO-07 an answer %s is our fault: 500, no detail, and the log names the endpoint', async (_how, given) => {
  const { url, logLines, logText } = await startWith(async () => given);
  const got = await call({ url }, '/api/things/1');
  expect(got.status).toBe(500);
  expect(got.body).toEqual({
    type: 'urn:gatehouse:problem:internal',
    title: problems.internal.title,
    status: 500,
    instance: '/api/things/1',
    requestId: got.headers.get('x-request-id'),
  });
  expect(logLines().filter(({ level }) => level === 'error')).toMatchObject([
    { err: { message: expect.stringContaining('getThing') as string } },
  ]);
  expect(logText(), 'the value may be what must not be seen').not.toContain('s3cret');
});

const failures: [string, () => unknown][] = [
  ['an error', () => new Error('private: /etc/passwd')],
  ['an error with a cause', () => new Error('private', { cause: new Error('deeper') })],
  ['a text', () => 'private'],
  ['nothing', () => undefined],
  ['null', () => null],
  ['an object that looks like a problem', () => ({ status: 200, problem: 'not-found', detail: 'private' })],
  ['an error whose status is none of a request', () => Object.assign(new Error('private'), { status: 200 })],
  ['an error with a 5xx status', () => Object.assign(new Error('private'), { status: 503, expose: true })],
];

it.each(failures)(
  'LO-07 HT-13 %s that is thrown is a 500 without a word of it, and one line in the log',
  async (_what, make) => {
    const { url, logLines } = await startWith(() => Promise.reject(make()));
    const given = await call({ url }, '/api/things/1', { headers: { 'X-Request-Id': 'request-1' } });
    expect(given).toMatchObject({
      status: 500,
      body: { type: 'urn:gatehouse:problem:internal', requestId: 'request-1' },
    });
    expect(given.body).not.toHaveProperty('detail');
    expect(JSON.stringify(given.body)).not.toMatch(/private|deeper|passwd|\.ts/);
    const errors = logLines().filter(({ level }) => level === 'error');
    expect(errors).toMatchObject([{ requestId: 'request-1', route: '/api/things/:id', msg: 'request failed' }]);
  },
);

it('LO-04 the message of an error, which may repeat what a caller sent, cannot forge a line either', async () => {
  const forged = '\r\n\u2028{"level":"fatal","msg":"forged"}\u001b[2J\u009b31m\u202e';
  const { url, logText, logLines } = await startWith(() => Promise.reject(new Error(forged)));
  await call({ url }, '/api/things/1');
  expect(logText().trimEnd().split('\n')).toHaveLength(logLines().length);
  expect(logLines().filter(({ level }) => level === 'fatal')).toEqual([]);
  expect(logText()).not.toMatch(/[\u2028\u001b\u009b\u202e]/);
});

it('a problem goes out with its public half: the reason and the cause stay in the log', async () => {
  const problem = new Problem('unavailable', {
    detail: 'Try again.',
    reason: 'private reason',
    cause: new Error('private cause'),
    retryAfterSeconds: 7,
  });
  const { url, logText } = await startWith(() => Promise.reject(problem));
  const given = await call({ url }, '/api/things/1');
  expect(given).toMatchObject({ status: 503, body: { detail: 'Try again.' } });
  expect(given.headers.get('retry-after')).toBe('7');
  expect(JSON.stringify(given.body)).not.toContain('private');
  expect(logText()).toContain('private cause');
});

it('guards: a 4xx of Express’s own parts is the request’s fault, never ours', async () => {
  const { url, logText } = await startWith(() => Promise.reject(Object.assign(new Error('private'), { status: 416 })));
  expect(await call({ url }, '/api/things/1')).toMatchObject({
    status: 400,
    body: { type: 'urn:gatehouse:problem:malformed-request' },
  });
  expect(await exchange(url, 'GET /api/things/%zz')).toMatchObject({
    status: 400,
    json: { detail: 'The address is not valid percent-encoded UTF-8.' },
  });
  expect(await exchange(url, 'GET /api/things/%ff')).toMatchObject({ status: 400 });
  expect(logText()).not.toContain('"level":"error"');
});

it('IN-05 names faults in path and query by their own pointers; a parameter that comes twice is one of them', async () => {
  const { url } = await startWith(async () => answer(200, { id: '1', owner: { name: 'ada' } }));
  const errorsOf = async (target: string) => (await exchange(url, `GET ${target}`)).json['errors'];
  expect(await errorsOf('/api/things/x')).toEqual([{ pointer: ':id', detail: NOT_AN_ID }]);
  expect(await errorsOf('/api/things/1?sort=size')).toMatchObject([{ pointer: '?sort' }]);
  expect(await errorsOf('/api/things/1?sort=name&sort=name')).toMatchObject([{ pointer: '?sort' }]);
  expect(await errorsOf('/api/things/1?sort[]=name')).toMatchObject([{ pointer: '?sort[]' }]);
  expect(await errorsOf('/api/things/1?limit=999&drop=1')).toMatchObject([{ pointer: '?limit' }, { pointer: '?drop' }]);
  expect(await exchange(url, 'GET /api/things/1?sort=name')).toMatchObject({ status: 200 });
});

const user = (permissions: string[]): UserPrincipal =>
  ({
    kind: 'user',
    user: { id: 'u' },
    session: { id: 's' },
    permissions: new Set(permissions),
    sessionHash: 'h',
  }) as unknown as UserPrincipal;

it('AZ-01 the gate asks who, then whether, then what: a stranger’s body is not read, a refusal does not teach', async () => {
  const handled: string[] = [];
  const routes: Route[] = [
    route(changeThing, async ({ body }) => {
      handled.push(body.name);
      return answer(204);
    }),
  ];
  const { url } = await startServer({
    routes,
    credentials: [
      ({ bearerToken }) => {
        const permission = { manager: 'files:manage', reader: 'files:read' }[bearerToken ?? ''];
        if (permission === undefined) return bearerToken === undefined ? undefined : 'invalid';
        return { countedAs: { kind: 'user', id: 'u' }, findPrincipal: () => user([permission]) };
      },
    ],
  });
  const patch = (fields: string[], body: string) =>
    sendUntilAnswered(
      url,
      [
        `PATCH /api/things/1?bad=1 HTTP/1.1`,
        'Host: localhost',
        ...fields,
        'Content-Type: text/plain',
        'Content-Length: 999999',
        '',
        body,
      ].join('\r\n'),
    );
  // Each of these has also a bad query, a bad type, and a body that is too large and never comes.
  expect(await patch([], '')).toMatchObject({ status: 401 });
  expect(await patch(['Authorization: Bearer other'], '')).toMatchObject({ status: 401 });
  expect(await patch(['Authorization: Bearer reader'], '')).toMatchObject({
    status: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
  });
  expect(await patch(['Authorization: Bearer manager'], '')).toMatchObject({ status: 422 });
  expect(handled).toEqual([]);
  const fields = ['Authorization: Bearer manager', 'Content-Type: application/json'];
  expect(await exchange(url, 'PATCH /api/things/1', fields, '{"name":"x"}')).toMatchObject({ status: 204, body: '' });
  expect(handled).toEqual(['x']);
});

it('AZ-01 LO-08 a check that fails opens nothing: what authenticate throws is an answer of ours', async () => {
  const handled: string[] = [];
  const routes: Route[] = [
    route(changeThing, async () => {
      handled.push('changed');
      return answer(204);
    }),
  ];
  const { url } = await startServer({
    routes,
    credentials: [() => Promise.reject(new Error('the database is away'))],
    translateError: () => new Problem('unavailable', { retryAfterSeconds: 5 }),
  });
  const fields = ['Authorization: Bearer token', 'Content-Type: application/json'];
  expect(await exchange(url, 'PATCH /api/things/1', fields, '{"name":"x"}')).toMatchObject({
    status: 503,
    headers: { 'retry-after': '5' },
  });
  expect(handled).toEqual([]);
});

it('AZ-01 a server is not built where an endpoint has no route, two routes, or a route has no endpoint', async () => {
  const one = route(getThing, async () => answer(200, { id: '1', owner: { name: '' } }));
  const build = (endpoints: Endpoint[], routes: Route[]) => startServer({ endpoints, routes });
  await expect(build([getThing, changeThing], [one])).rejects.toThrow(/changeThing/);
  await expect(build([getThing], [one, one])).rejects.toThrow(/getThing/);
  await expect(build([], [one])).rejects.toThrow(/getThing/);
});
