import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { call, GOOD_PASSWORD, signUp } from '../testing/personas.ts';
import { exchange, sendUntilClosed } from '../testing/raw-http.ts';
import type { TestApplication } from '../testing/start-application.ts';
import { useApplication } from '../testing/use-application.ts';

const requestLines = (app: TestApplication) => app.logLines().filter(({ msg }) => msg === 'request');

/** The lines that a request writes. */
async function linesOf(app: TestApplication, act: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const from = app.logLines().length;
  await act();
  return app.logLines().slice(from);
}

const app = useApplication();

it('LO-01 one line a request: when, who, from where, what, how it ended', async () => {
  const ada = await signUp(app(), 'ada');
  const me = () =>
    exchange(app().url, 'GET /api/auth/me?x=1', [
      `Authorization: Bearer ${ada.accessToken}`,
      'X-Request-Id: a-request_1',
    ]);
  const lines = await linesOf(app(), me);
  expect(lines.filter(({ msg }) => msg === 'request')).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      msg: 'request',
      requestId: 'a-request_1',
      address: '127.0.0.1',
      method: 'GET',
      route: '/api/auth/me',
      status: 422,
      ms: expect.any(Number) as number,
      userId: ada.user.id,
      session: createHash('sha256').update(sidOf(ada.accessToken)).digest('hex').slice(0, 16),
    },
  ]);
});

const sidOf = (accessToken: string): string =>
  (JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }).sid;

it.each([
  ['GET /api/none/secret-in-the-path', 'unmatched', 404],
  ['DELETE /api/auth/me', '/api/auth/me', 405],
  ['GET /api/auth/me', '/api/auth/me', 401],
  [`GET /${'a'.repeat(9000)}`, 'unmatched', 414],
])('LO-01 the route of %s is its pattern, never the path', async (line, route, status) => {
  const [written] = (await linesOf(app(), () => exchange(app().url, line))).filter(({ msg }) => msg === 'request');
  expect(written).toMatchObject({ route, status });
  expect(written).not.toHaveProperty('userId');
  expect(app().logText()).not.toContain('secret-in-the-path');
});

it('LO-01 health checks write no line, whatever comes of them', async () => {
  const from = requestLines(app()).length;
  for (const path of ['/livez', '/readyz', '/livez?verbose']) await call(app(), path);
  expect(requestLines(app())).toHaveLength(from);
});

it('LO-01 a caller that leaves before the answer is 499, not a success', async () => {
  const written = Promise.withResolvers<void>();
  const { hasher, log } = { hasher: app().hasher, log: app() };
  const { admit } = hasher;
  const arrived = Promise.withResolvers<void>();
  hasher.admit = async (act) => {
    arrived.resolve();
    await written.promise;
    return await admit(act);
  };
  const body = '{"identifier":"nobody","password":"x","transport":"token"}';
  const aborter = new AbortController();
  const request = fetch(`${app().url}/api/auth/login`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'left-before-the-answer' },
    signal: aborter.signal,
  });
  await arrived.promise;
  aborter.abort();
  await expect(request).rejects.toThrow(/abort/);
  await expect
    .poll(() => requestLines(log))
    .toContainEqual(
      expect.objectContaining({ requestId: 'left-before-the-answer', route: '/api/auth/login', status: 499 }),
    );
  written.resolve();
  hasher.admit = admit;
});

it.each(['12345678', 'A-b_9'.repeat(8), 'a'.repeat(64)])(
  'takes the request id %j of a proxy, and gives it back',
  async (id) => {
    const answer = await exchange(app().url, 'GET /api/none', [`X-Request-Id: ${id}`]);
    expect(answer).toMatchObject({ headers: { 'x-request-id': id }, json: { requestId: id } });
    expect(requestLines(app()).filter(({ requestId }) => requestId === id)).toHaveLength(1);
  },
);

it.each([
  '',
  '1234567',
  'a'.repeat(65),
  'a'.repeat(5000),
  'with space',
  'semi;colon',
  '"quoted"',
  'a\u0085bcdefgh',
  '\u009b31mred1234',
  'été-1234',
  '<script>1',
  '../../etc/passwd',
  '{"level":"fatal"}',
])('LO-04 makes a request id of its own in place of %j', async (id) => {
  const answer = await exchange(app().url, 'GET /api/none', [`X-Request-Id: ${id}`]);
  expect(answer.headers['x-request-id']).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(answer.json['requestId']).toBe(answer.headers['x-request-id']);
  if (id.length > 8) expect(app().logText()).not.toContain(id);
});

const FORGED = '{"level":"fatal","msg":"forged"}';
const hostile = [
  `\r\n${FORGED}`,
  `\n${FORGED}\n`,
  `\u2028${FORGED}`,
  `\u2029${FORGED}`,
  `\u0085${FORGED}`,
  `"}\n${FORGED}`,
  '\u001b[2J\u001b[31m',
  '\u009b31m',
  '\u202etxt.exe',
  '\u2066x\u2069',
  '\u0000',
  '\u007f',
  '\'"`\\',
  '${jndi:ldap://x}',
  '%0d%0a',
  '%00',
];

it('LO-04 nothing that a caller sends can end a line, begin one, or reach the terminal', async () => {
  const from = app().logText().length;
  let sent = 0;
  for (const text of hostile) {
    const body = { identifier: text, password: text, transport: 'token' };
    await call(app(), '/api/auth/login', { body });
    await call(app(), '/api/auth/register', { body: { ...body, [text]: text } });
    await call(app(), `/api/none/${encodeURIComponent(text)}?q=${encodeURIComponent(text)}`);
    sent += 3;
    // As bytes, what the parser lets through: it may refuse the request as a whole.
    const fields = [
      'User-Agent',
      'X-Request-Id',
      'X-Forwarded-For',
      'Origin',
      'Cookie',
      'Authorization',
      'Content-Type',
    ];
    const head = `GET /api/auth/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${fields.map((name) => `${name}: ${text}\r\n`).join('')}\r\n`;
    const [answer] = await sendUntilClosed(app().url, Buffer.from(head, 'latin1'));
    expect(answer?.status).toBeGreaterThanOrEqual(400);
    expect(answer?.status).toBeLessThan(500);
  }
  const text = app().logText().slice(from);
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
  );
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter(({ msg, level }) => msg === 'forged' || level === 'fatal')).toEqual([]);
  expect(lines.filter(({ msg, route }) => msg === 'request' && route !== '/api/auth/me')).toHaveLength(sent);
});

it('LO-04 no value in the log is longer than 2 KiB, however long the request is', async () => {
  const long = 'x'.repeat(7000);
  await exchange(app().url, `GET /api/${long}`, [`User-Agent: ${long}`]);
  await call(app(), '/api/auth/login', { body: { identifier: long, password: long, transport: long } });
  const values = app()
    .logLines()
    .flatMap((line) => Object.values(line));
  expect(Math.max(...values.map((value) => JSON.stringify(value).length))).toBeLessThan(2200);
});

it('LO-04 a user agent is kept cut, and comes back as data', async () => {
  const agent = `\u009b31m<script>${'x'.repeat(1000)}`;
  const body = JSON.stringify({ identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' });
  const head = `POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUser-Agent: ${agent}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const [answer] = await sendUntilClosed(app().url, Buffer.from(head, 'latin1'));
  const me = await call(app(), '/api/auth/me', { token: String(answer?.json['accessToken']) });
  expect(me).toMatchObject({ status: 200, body: { session: { userAgent: agent.slice(0, 256) } } });
});
