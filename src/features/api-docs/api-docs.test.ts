import { expect, it } from 'vitest';
import type { Endpoint } from '#contract/endpoint.ts';
import { endpoints } from '#contract/index.ts';
import { call, GOOD_PASSWORD, signIn, setUpAdministrator, signUp } from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { exchange } from '../../testing/raw-http.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';
import { useApplication } from '../../testing/use-application.ts';
import { z } from 'zod';

const open = useApplication({ config: { apiDocs: 'public' } });
const signedIn = useApplication({ config: { apiDocs: 'signed-in' } });
const off = useApplication({ config: { apiDocs: 'off' } });
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'reference.js'].map((name) => `/api/docs/assets/${name}`);

it('HT-14 API_DOCS=public: anyone reads the document and the page', async () => {
  const document = await call(open(), '/api/openapi.json');
  expect(document).toMatchObject({
    status: 200,
    body: {
      openapi: '3.1.0',
      info: { title: 'Gatehouse', version: '0.0.0-test' },
      servers: [{ url: 'http://localhost:3000' }],
    },
  });
  expect(await call(open(), '/api/docs')).toMatchObject({ status: 200 });
});

it('HT-14 API_DOCS=signed-in: the document needs a user; the page, which holds nothing, does not', async () => {
  const refused = await call(signedIn(), '/api/openapi.json');
  expect(refused).toMatchObject({ status: 401, body: { type: 'urn:gatehouse:problem:invalid-token' } });
  expect(JSON.stringify(refused.body)).not.toContain('paths');
  const { accessToken } = await signUp(signedIn(), 'ada');
  expect(await call(signedIn(), '/api/openapi.json', { token: accessToken })).toMatchObject({ status: 200 });
  const page = await call(signedIn(), '/api/docs');
  expect(page).toMatchObject({ status: 200 });
  expect(page.body['text']).not.toMatch(/operationId|"paths"/);
});

it('HT-14 API_DOCS=off: there is nothing, for an administrator either', async () => {
  const { accessToken } = await setUpAdministrator(off());
  for (const path of ['/api/openapi.json', '/api/docs', '/api/docs/', '/api/docs/assets/', ...ASSETS])
    for (const token of [undefined, accessToken])
      expect(await call(off(), path, { token }), path).toMatchObject({
        status: 404,
        body: { type: 'urn:gatehouse:problem:not-found' },
      });
});

it('HT-03 HT-07 the page loads from this site only, runs nothing inline, and is not stored', async () => {
  const page = await exchange(open().url, 'GET /api/docs');
  expect(page).toMatchObject({
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    },
  });
  expect(page.headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
  const loaded = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url = '']) => url);
  expect(new Set(loaded)).toEqual(new Set(['/api/openapi.json', ...ASSETS]));
  expect(page.body).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>|<style|\son\w+=|\sstyle=|javascript:|https?:/);
});

it('HT-06 HT-14 exactly the assets that the page loads are there, each with its type', async () => {
  const types = ['text/css; charset=utf-8', 'text/javascript; charset=utf-8', 'text/javascript; charset=utf-8'];
  for (const [index, path] of ASSETS.entries()) {
    const asset = await fetch(open().url + path);
    expect(asset.status, path).toBe(200);
    expect(asset.headers.get('content-type')).toBe(types[index]);
    expect(asset.headers.get('cache-control')).toBe('public, max-age=3600');
    expect(asset.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await asset.text()).length).toBeGreaterThan(1000);
  }
  const others = [
    '',
    'package.json',
    'swagger-ui-bundle.js.map',
    'swagger-initializer.js',
    'index.html',
    'index.ts',
    '../index.ts',
    '..%2findex.ts',
    '%2e%2e/index.ts',
    'REFERENCE.JS',
    'reference.js/',
    'reference%2ejs',
    '.env',
  ];
  for (const name of others)
    expect(await exchange(open().url, `GET /api/docs/assets/${name}`), name).toMatchObject({
      status: 404,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    });
});

it.each([
  ['Range: bytes=99999999-', 200],
  ['Range: bytes=9-1', 200],
  ['If-Match: "other"', 400],
  ['If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT', 400],
])('HT-06 guards: "%s" on an asset is no fault of ours; it was answered 500', async (field, status) => {
  for (const path of ASSETS) {
    const answer = await exchange(open().url, `GET ${path}`, [field]);
    expect(answer.status, path).toBe(status);
    expect(answer.headers).not.toHaveProperty('content-range');
    if (status === 400) expect(answer.json).toMatchObject({ type: 'urn:gatehouse:problem:malformed-request' });
  }
  expect(open().logText()).not.toContain('"level":"error"');
});

/** What the document says of an answer, as a check. */
function checkerOf(
  document: Record<string, unknown>,
  path: string,
  method: string,
  status: number,
): z.ZodType | undefined {
  const paths = document['paths'] as Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
  const content = paths[path]?.[method.toLowerCase()]?.responses[String(status)]?.content;
  const schema = content?.['application/json']?.schema ?? content?.['application/problem+json']?.schema;
  if (schema === undefined) return undefined;
  const definitions = JSON.parse(
    JSON.stringify({ ...schema, $defs: (document['components'] as { schemas: object }).schemas }).replaceAll(
      '#/components/schemas/',
      '#/$defs/',
    ),
  ) as Parameters<typeof z.fromJSONSchema>[0];
  return z.fromJSONSchema(definitions);
}

describeEachApplication('the document', ({ start }) => {
  /** Every answer, of every endpoint, that a scenario of good and bad calls gives. */
  async function scenario(app: TestApplication): Promise<{ endpoint: Endpoint; answer: Answer }[]> {
    const root = await setUpAdministrator(app);
    const ada = await signUp(app, 'ada');
    const again = await signIn(app, 'ada');
    const seen: { endpoint: Endpoint; answer: Answer }[] = [];
    const bodies: Record<string, unknown[]> = {
      register: [
        { username: 'bob', email: 'bob@example.org', password: GOOD_PASSWORD, transport: 'token' },
        { username: 'ada', email: 'x@example.org', password: GOOD_PASSWORD, transport: 'token' },
        { username: 'eve', email: 'eve@example.org', password: 'short', transport: 'cookie' },
      ],
      signIn: [
        { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' },
        { identifier: 'ada', password: 'x', transport: 'token' },
        { identifier: 'ada', password: 'x', transport: 'cookie' },
      ],
      refresh: [{ refreshToken: ada.refreshToken }, { refreshToken: 'x' }],
      assessPassword: [{ password: 'abc' }, { password: GOOD_PASSWORD, username: 'ada' }],
      changePassword: [{ currentPassword: 'x', newPassword: GOOD_PASSWORD }],
      setUp: [{ secret: 'x', username: 'eve', email: 'eve@example.org', password: GOOD_PASSWORD, transport: 'token' }],
      logOut: [{}],
      releaseLimits: [{ address: '203.0.113.5' }, { user: 'ada' }, {}],
    };
    for (const endpoint of endpoints as readonly Endpoint[])
      for (const token of [undefined, 'nonsense', again.accessToken, root.accessToken])
        for (const body of endpoint.method === 'GET'
          ? [undefined]
          : ['{', { unheardOf: 1 }, ...(bodies[endpoint.name] ?? [])])
          for (const query of ['', '?unknown=1']) {
            // A sign-out of each comes last.
            const answer = await call(app, endpoint.path + query, { method: endpoint.method, token, body });
            seen.push({ endpoint, answer });
            if (endpoint.name === 'logOut' && answer.status === 204) Object.assign(again, await signIn(app, 'ada'));
          }
    return seen;
  }

  it('HT-06 every real answer is one that it declares, and has the form that it describes', async () => {
    const app = await start();
    const { body: document } = await call(app, '/api/openapi.json');
    const seen = await scenario(app);
    const undeclared = new Set<string>();
    for (const { endpoint, answer } of seen) {
      const { status, body, headers } = answer;
      const problem = typeof body['type'] === 'string' ? body['type'] : '';
      const name = `${endpoint.name} ${status} ${problem}`;
      const type = headers.get('content-type') ?? 'nothing';
      if (status === 204 || type.startsWith('text/html')) continue;
      const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
      const checker = checkerOf(document, path, endpoint.method, status);
      if (checker === undefined) undeclared.add(name);
      else expect(checker.safeParse(body).error?.issues ?? [], name).toEqual([]);
      const text = JSON.stringify(
        (document['paths'] as Record<string, Record<string, object>>)[path]?.[endpoint.method.toLowerCase()],
      );
      if (status >= 400 && !text.includes(problem)) undeclared.add(name);
    }
    expect([...undeclared]).toEqual([]);
    const statuses = new Set(seen.map(({ answer }) => answer.status));
    expect(statuses).toEqual(new Set([200, 201, 204, 400, 401, 403, 409, 422]));
  });
});
