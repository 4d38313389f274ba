import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { databaseState } from '../testing/database-state.ts';
import { GOOD_PASSWORD } from '../testing/personas.ts';
import { exchange, sendUntilAnswered, sendUntilClosed } from '../testing/raw-http.ts';
import type { RawAnswer } from '../testing/raw-http.ts';
import { useApplication } from '../testing/use-application.ts';

const app = useApplication();
const JSON_TYPE = 'Content-Type: application/json';
const LOG_IN = 'POST /api/auth/login';
const REGISTER = 'POST /api/auth/register';
const head = `${LOG_IN} HTTP/1.1\r\nHost: localhost\r\n${JSON_TYPE}\r\n`;
const good = JSON.stringify({
  username: 'ada',
  email: 'ada@example.org',
  password: GOOD_PASSWORD,
  transport: 'token',
});

/** Refused with that problem, and nothing is stored that was not before. */
async function expectRefusal(act: () => Promise<RawAnswer>, status: number, problem: string): Promise<RawAnswer> {
  const before = await databaseState(app());
  const answer = await act();
  expect(answer).toMatchObject({ status, json: { type: `urn:gatehouse:problem:${problem}`, status } });
  expect(await databaseState(app())).toEqual(before);
  return answer;
}

it.each([
  ['a body of 16 KiB and one byte', JSON.stringify({ identifier: 'a'.repeat(16_369) })],
  ['a password of 1 MiB', JSON.stringify({ identifier: 'ada', password: 'a'.repeat(2 ** 20), transport: 'token' })],
])('IN-02 PW-05 refuses %s with 413, without a hash', async (_what, body) => {
  const { hasher } = app();
  const hashes = hasher.hashCount;
  const bytes = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  await expectRefusal(() => sendUntilAnswered(app().url, bytes), 413, 'content-too-large');
  expect(hasher.hashCount).toBe(hashes);
  await exchange(app().url, LOG_IN, [JSON_TYPE], '{"identifier":"nobody","password":"x","transport":"token"}');
  expect(hasher.hashCount, 'a sign-in of reasonable size').toBe(hashes + 1);
});

it('IN-02 takes a body of 16 KiB', async () => {
  const body = `{"identifier":"ada","password":"x","transport":"token"}`.padEnd(16 * 1024);
  expect(await exchange(app().url, LOG_IN, [JSON_TYPE], body)).toMatchObject({ status: 401 });
});

it.each([
  ['is declared, and never comes', `${head}Content-Length: 1073741824\r\n\r\n`],
  ['is declared, and begins', `${head}Content-Length: 1073741824\r\n\r\n{"identifier":`],
  ['comes in chunks without an end', `${head}Transfer-Encoding: chunked\r\n\r\n8000\r\n${'a'.repeat(0x8000)}\r\n`],
  ['comes in one chunk that is not over', `${head}Transfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n${'a'.repeat(0x4001)}`],
])(
  'IN-02 guards: a body that is too large and %s is refused at once, not when all of it was read',
  async (_how, bytes) => {
    await expectRefusal(() => sendUntilAnswered(app().url, bytes), 413, 'content-too-large');
  },
);

it('IN-02 the connection serves the next request once the body that was too large is over', async () => {
  const body = 'a'.repeat(64 * 1024);
  const next = 'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  for (const framed of [
    `Content-Length: ${body.length}\r\n\r\n${body}`,
    `Transfer-Encoding: chunked\r\n\r\n10000\r\n${body}\r\n0\r\n\r\n`,
  ]) {
    const answers = await sendUntilClosed(app().url, `${head}${framed}${next}`);
    expect(answers.map(({ status }) => status)).toEqual([413, 200]);
  }
});

it('IN-02 a body that breaks off is a bad request: nothing is done, and nothing of ours has failed', async () => {
  const before = await databaseState(app());
  const answers = await sendUntilClosed(app().url, `${head}Content-Length: 50\r\n\r\n{"identifier":`, { end: true });
  expect(answers.map(({ status }) => status)).toEqual([400]);
  expect(await databaseState(app())).toEqual(before);
  expect(
    app()
      .logLines()
      .filter(({ level }) => level === 'error'),
  ).toEqual([]);
});

it.each(['gzip', 'deflate', 'br', 'zstd', 'identity, gzip', 'x-unknown'])(
  'IN-02 refuses Content-Encoding: %s with 415, whatever is in it',
  async (encoding) => {
    // 10 MiB of spaces in 10 KiB.
    const bomb = gzipSync(Buffer.concat([Buffer.from(good), Buffer.alloc(10 * 2 ** 20, ' ')])).toString('latin1');
    await expectRefusal(
      () => exchange(app().url, REGISTER, [JSON_TYPE, `Content-Encoding: ${encoding}`], bomb.slice(0, 4000)),
      415,
      'unsupported-media-type',
    );
    await expectRefusal(
      () => exchange(app().url, REGISTER, [JSON_TYPE, `Content-Encoding: ${encoding}`], good),
      415,
      'unsupported-media-type',
    );
  },
);

it.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/json',
  'application/json5',
  'application/vnd.api+json',
  'application/problem+json',
  'application/json, text/plain',
  'text/plain; application/json',
  'application/json; charset=utf-16',
  'application/json; charset=iso-8859-1',
  'application/json; charset=utf-7',
  'application/json; charset="utf-16"',
  'application /json',
  ';;;',
  '\u00ff',
  '',
])('IN-03 LG-08 refuses Content-Type: %j with 415', async (type) => {
  await expectRefusal(
    () => exchange(app().url, REGISTER, [`Content-Type: ${type}`], good),
    415,
    'unsupported-media-type',
  );
});

it('IN-03 refuses a body without a content type', async () => {
  await expectRefusal(() => exchange(app().url, REGISTER, [], good), 415, 'unsupported-media-type');
});

it.each([
  'application/json',
  'APPLICATION/JSON',
  'application/json; charset=utf-8',
  'application/json;charset="UTF-8"',
])('IN-03 takes Content-Type: %s', async (type) => {
  const wrong = JSON.stringify({ identifier: `nobody with ${type}`, password: 'wrong', transport: 'token' });
  expect(await exchange(app().url, LOG_IN, [`Content-Type: ${type}`], wrong)).toMatchObject({ status: 401 });
});

it.each([
  ['nothing', ''],
  ['a space', ' '],
  ['half of it', good.slice(0, -1)],
  ['two values', `${good}${good}`],
  ['a comment', `${good.slice(0, -1)}/* a */}`],
  ['a comma too many', `${good.slice(0, -1)},}`],
  ['single quotes', good.replaceAll('"', "'")],
  ['NaN', '{"identifier":NaN}'],
  ['a byte order mark', `\u00ef\u00bb\u00bf${good}`],
  ['UTF-16', Buffer.from(good, 'utf16le').toString('latin1')],
  ['a byte that is no UTF-8', good.replace('ada', '\u00ff')],
  ['an overlong slash', good.replace('ada', '\u00c0\u00af')],
  ['half a surrogate pair in UTF-8', good.replace('ada', '\u00ed\u00a0\u0080')],
  ['a raw control character', good.replace('ada', 'a\u0001a')],
  ['a name twice', `{"password":"a",${good.slice(1)}`],
  ['a name twice, once escaped', `{"p\\u0061ssword":"a",${good.slice(1)}`],
  ['a name twice, deeper', `{"x":{"a":1,"a":2},${good.slice(1)}`],
  ['__proto__', `{"__proto__":{"admin":true},${good.slice(1)}`],
  ['__proto__, escaped', `{"__pr\\u006fto__":{"admin":true},${good.slice(1)}`],
  ['__proto__, deeper', `{"x":[{"__proto__":null}],${good.slice(1)}`],
  ['constructor', `{"constructor":{"prototype":{"admin":true}},${good.slice(1)}`],
  ['prototype', `{"prototype":{"admin":true},${good.slice(1)}`],
  ['33 arrays', `${'['.repeat(33)}${']'.repeat(33)}`],
  ['33 objects', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`],
  ['brackets without end', '['.repeat(16_000)],
])('IN-02 IN-03 IN-04 refuses a body with %s with 400', async (_what, body) => {
  const length = body.length;
  const bytes = Buffer.from(
    `${REGISTER} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${JSON_TYPE}\r\nContent-Length: ${length}\r\n\r\n${body}`,
    'latin1',
  );
  await expectRefusal(() => sendUntilAnswered(app().url, bytes), 400, 'malformed-request');
  expect(({} as Record<string, unknown>)['admin'], 'Object.prototype').toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
});

it('IN-02 takes what is nested exactly as deep as allowed for JSON, and then refuses it for what it is', async () => {
  await expectRefusal(
    () => exchange(app().url, REGISTER, [JSON_TYPE], `${'['.repeat(32)}${']'.repeat(32)}`),
    422,
    'invalid-input',
  );
});

it('IN-03 refuses a missing body, in each of the ways to have none', async () => {
  for (const length of [[], ['Content-Length: 0'], ['Transfer-Encoding: chunked']]) {
    const fields = [JSON_TYPE, ...length];
    const bytes = `${REGISTER} HTTP/1.1\r\nHost: localhost\r\n${fields.join('\r\n')}\r\n\r\n${length[0]?.startsWith('T') ? '0\r\n\r\n' : ''}`;
    const answer = await expectRefusal(() => sendUntilAnswered(app().url, bytes), 400, 'malformed-request');
    expect(answer.json['detail']).toBe('The body is empty; send a JSON object.');
  }
});
