import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { problems } from '../contract/problem.ts';
import { call, GOOD_PASSWORD, signUp } from '../testing/personas.ts';
import { exchange, sendUntilAnswered } from '../testing/raw-http.ts';
import type { RawAnswer } from '../testing/raw-http.ts';
import { describeEachApplication } from '../testing/start-application.ts';
import type { TestApplication } from '../testing/start-application.ts';

const FIXED = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()',
};
const JSON_ANSWER = 'application/json; charset=utf-8';
const PROBLEM = 'application/problem+json; charset=utf-8';
const JSON_BODY = ['Content-Type: application/json'];

/** Whatever was answered: all of the fixed headers, none that tells what runs here, nothing to be stored. */
function expectHeaders(answer: RawAnswer, status: number, type: string | undefined, cacheControl = 'no-store'): void {
  const kind = `${status} ${answer.body.slice(0, 200)}`;
  expect(answer.status, kind).toBe(status);
  expect(answer.headers, kind).toMatchObject({ ...FIXED, 'cache-control': cacheControl });
  expect(answer.headers['content-type'], kind).toBe(type);
  expect(answer.headers['x-request-id'], kind).toMatch(/^[\w-]{8,64}$/);
  for (const name of [
    'server',
    'x-powered-by',
    'via',
    'etag',
    'access-control-allow-origin',
    'access-control-allow-credentials',
    'x-aspnet-version',
  ])
    expect(answer.headers, kind).not.toHaveProperty(name);
  expect(JSON.stringify(answer), kind).not.toMatch(
    /express|node_modules|\.ts\b|\bat .+:\d+:\d+|SQLITE|sqlite3|select .+ from/i,
  );
}

/** RFC 9457, in full. */
function expectProblem(answer: RawAnswer, status: number, name: string, instance: string): void {
  expectHeaders(answer, status, PROBLEM);
  expect(answer.json).toMatchObject({
    type: `urn:gatehouse:problem:${name}`,
    status,
    instance,
    requestId: answer.headers['x-request-id'],
  });
  expect(answer.json['title']).toEqual(expect.any(String));
  expect(
    Object.keys(answer.json).filter(
      (key) => !['type', 'title', 'status', 'detail', 'instance', 'requestId', 'errors'].includes(key),
    ),
  ).toEqual([]);
}

const signIn = (app: TestApplication, body: string, fields = JSON_BODY): Promise<RawAnswer> =>
  exchange(app, 'POST /api/auth/login', fields, body);

/** So that a statement fails in a way that nobody has foreseen. */
const breakDatabase = (app: TestApplication): Promise<void> =>
  app.database.transaction(async (tx) => void (await sql`alter table users rename to users_gone`.execute(tx.query)));

describeEachApplication('headers', ({ start }) => {
  it('HT-03 HT-04 HT-06 HT-07 HT-13 each kind of answer has all of them, exactly', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const bearer = [`Authorization: Bearer ${ada.accessToken}`];
    const { url } = app;

    expectHeaders(await exchange(url, 'GET /api/auth/me', bearer), 200, JSON_ANSWER);
    expectHeaders(await exchange(url, 'GET /livez'), 200, JSON_ANSWER);
    expectHeaders(await exchange(url, 'GET /.well-known/jwks.json'), 200, JSON_ANSWER, 'public, max-age=300');
    const signUpBody = JSON.stringify({
      username: 'bob',
      email: 'bob@example.org',
      password: GOOD_PASSWORD,
      transport: 'token',
    });
    expectHeaders(await exchange(url, 'POST /api/auth/register', JSON_BODY, signUpBody), 201, JSON_ANSWER);
    expectProblem(await signIn(app, '{'), 400, 'malformed-request', '/api/auth/login');
    expectProblem(await exchange(url, 'GET /api/auth/me?a=b'), 401, 'invalid-token', '/api/auth/me');
    expectProblem(await exchange(url, 'GET /api/roles', bearer), 403, 'forbidden', '/api/roles');
    expectProblem(await exchange(url, 'GET /api/none?secret=s'), 404, 'not-found', '/api/none');
    expectProblem(await exchange(url, 'DELETE /api/auth/me'), 405, 'method-not-allowed', '/api/auth/me');
    const taken = signUpBody.replace('bob@', 'other@');
    expectProblem(
      await exchange(url, 'POST /api/auth/register', JSON_BODY, taken),
      409,
      'username-taken',
      '/api/auth/register',
    );
    const large = `POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\n${JSON_BODY[0]}\r\nContent-Length: 99999\r\n\r\n`;
    expectProblem(await sendUntilAnswered(url, large), 413, 'content-too-large', '/api/auth/login');
    const long = `/${'a'.repeat(8 * 1024)}`;
    expectProblem(await exchange(url, `GET ${long}?b`), 414, 'uri-too-long', long);
    expectProblem(await signIn(app, '{}', []), 415, 'unsupported-media-type', '/api/auth/login');
    expectProblem(await signIn(app, '{}'), 422, 'invalid-input', '/api/auth/login');
    expectProblem(await exchange(url, 'GET /livez', [`X-Large: ${'a'.repeat(17_000)}`]), 431, 'headers-too-large', '');
    expectProblem(await exchange(url, 'GET /livez', ['Broken : 1']), 400, 'malformed-request', '');
    expectHeaders(await exchange(url, 'POST /api/auth/logout', [...bearer, ...JSON_BODY], '{}'), 204, undefined);
  });

  it('HT-12 the longest target that is taken is 8 KiB long', async () => {
    const { url } = await start();
    expect(await exchange(url, `GET /api/${'a'.repeat(8 * 1024 - 5)}`)).toMatchObject({ status: 404 });
    expect(await exchange(url, `GET /api/${'a'.repeat(8 * 1024 - 4)}`)).toMatchObject({ status: 414 });
    expect(await exchange(url, `GET /livez?${'a'.repeat(8 * 1024)}`)).toMatchObject({ status: 414 });
  });

  it('LO-07 HT-13 what nobody has foreseen is a 500 without a word of why, and one log line with all of it', async () => {
    const app = await start();
    await breakDatabase(app);
    const from = app.logLines().length;
    const answer = await exchange(
      app,
      'POST /api/auth/login',
      [...JSON_BODY, 'X-Request-Id: my-own-request'],
      JSON.stringify({ identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' }),
    );
    expectProblem(answer, 500, 'internal', '/api/auth/login');
    expect(answer.json).toEqual({
      type: 'urn:gatehouse:problem:internal',
      title: problems.internal.title,
      status: 500,
      instance: '/api/auth/login',
      requestId: 'my-own-request',
    });
    const lines = app.logLines().slice(from);
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
      {
        requestId: 'my-own-request',
        route: '/api/auth/login',
        msg: 'request failed',
        err: {
          message: expect.stringMatching(/users/) as string,
          stack: expect.stringMatching(/store\.ts|kysely/) as string,
        },
      },
    ]);
    expect(lines.filter(({ msg }) => msg === 'request')).toMatchObject([{ requestId: 'my-own-request', status: 500 }]);
    expect(JSON.stringify(lines)).not.toContain(GOOD_PASSWORD);
    // The next one is served.
    expect(await call(app, '/livez')).toMatchObject({ status: 200 });
  });

  it('HT-02 HT-04 over https browsers are told to stay there, on every answer', async () => {
    const app = await start({ config: { mode: 'production', publicUrl: 'https://gate.example.org', corsOrigins: [] } });
    for (const line of ['GET /livez', 'GET /', 'GET /api/none', 'GET /api/auth/me', 'GET /api/docs', 'PUT /livez'])
      expect((await exchange(app, line)).headers['strict-transport-security'], line).toBe(
        'max-age=31536000; includeSubDomains',
      );
    const local = await start();
    expect((await exchange(local.url, 'GET /livez')).headers).not.toHaveProperty('strict-transport-security');
  });
});
