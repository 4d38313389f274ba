import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endpoints } from '#contract/index.ts';
import { problems } from '#contract/problem.ts';
import { call, signUp } from '../testing/personas.ts';
import type { Persona } from '../testing/personas.ts';
import { sendUntilClosed } from '../testing/raw-http.ts';
import { useApplication } from '../testing/use-application.ts';
import { anyText } from '../testing/any-text.ts';

let ada: Persona | undefined;
const app = useApplication({}, async (application) => {
  ada = await signUp(application, 'ada');
});

const withBody = endpoints.filter((endpoint) => 'body' in endpoint);
const statuses = new Set<number>(Object.values(problems).map(({ status }) => status));

/** Names that the contract knows, so that the values get past the first check. */
const fieldNames = fc.constantFrom(
  'username',
  'email',
  'password',
  'transport',
  'identifier',
  'refreshToken',
  'secret',
  'currentPassword',
  'newPassword',
  '__proto__',
  'constructor',
  'toString',
);
const text = fc.oneof(
  anyText({ maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    'token',
    'cookie',
    'ada',
    'ada@example.org',
    "' or 1=1 --",
    '%',
    '\u0000',
    '\ud800',
    '../../etc/passwd',
    '${7*7}',
    'a'.repeat(5000),
  ),
);
const value = fc.oneof({ weight: 3, arbitrary: text }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) });
const json = fc.oneof(fc.dictionary(fieldNames, value, { maxKeys: 6 }), fc.jsonValue({ maxDepth: 4 }));

const plausible = fc.record({
  username: text,
  email: text,
  password: text,
  transport: fc.constantFrom('token', 'cookie'),
  identifier: text,
  refreshToken: text,
  secret: text,
  currentPassword: text,
  newPassword: text,
  address: text,
  user: text,
  key: text,
});
/** Only what the endpoint knows, each of the right type: this goes through to the rules. */
const fieldsOf: Record<string, (keyof (typeof plausible extends fc.Arbitrary<infer T> ? T : never))[]> = {
  register: ['username', 'email', 'password', 'transport'],
  logIn: ['identifier', 'password', 'transport'],
  refresh: ['refreshToken'],
  logOut: [],
  changePassword: ['currentPassword', 'newPassword'],
  assessPassword: ['password', 'username', 'email'],
  releaseLimits: ['address', 'user', 'key'],
  setUp: ['secret', 'username', 'email', 'password', 'transport'],
};

async function expectNoFault(path: string, method: string, body: unknown): Promise<void> {
  const token = ada?.accessToken;
  const options = { method, body: JSON.stringify(body), headers: { 'Sec-Fetch-Site': 'same-origin' } };
  for (const given of path === '/api/auth/logout' ? [options] : [options, { ...options, token }]) {
    const answer = await call(app(), path, given);
    expect(answer.status).toBeLessThan(500);
    if (answer.status < 400) continue;
    expect(statuses).toContain(answer.status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({ status: answer.status, instance: path });
  }
}

it('IN-01 every endpoint with a body is among the fuzzed ones', () => {
  expect(Object.keys(fieldsOf).toSorted()).toEqual(withBody.map(({ name }) => name).toSorted());
});

it.each(withBody)('IN-01 JW-12 no JSON value makes $name fail', async ({ path, method }) => {
  await fc.assert(
    fc.asyncProperty(json, (body) => expectNoFault(path, method, body)),
    { numRuns: 60 },
  );
  expect(
    app()
      .logLines()
      .filter(({ level }) => level === 'error'),
  ).toEqual([]);
});

it.each(withBody)('IN-01 no text in its right field makes $name fail', async ({ path, method, name }) => {
  const body = plausible.map((all) => Object.fromEntries((fieldsOf[name] ?? []).map((field) => [field, all[field]])));
  await fc.assert(
    fc.asyncProperty(body, (fields) => expectNoFault(path, method, fields)),
    { numRuns: 40 },
  );
  expect(
    app()
      .logLines()
      .filter(({ level }) => level === 'error'),
  ).toEqual([]);
});

it('IN-02 IN-03 no bytes as a body make a sign-in fail', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const response = await fetch(`${app().url}/api/auth/login`, {
        method: 'POST',
        body: Buffer.from(bytes),
        headers: { 'Content-Type': 'application/json' },
      });
      expect([400, 422]).toContain(response.status);
      expect(await response.json()).toMatchObject({ status: response.status });
    }),
    { numRuns: 100 },
  );
});

it('HT-11 AZ-08 no target and no header field makes the server fail', async () => {
  const token = fc.string({ unit: fc.constantFrom(...'/%2e.;?#&=@:[]\\a0\u00e9*~'), maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'PROPFIND'),
      token,
      token,
      async (method, target, field) => {
        const head = `${method} /${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
        const fields = [
          'Authorization',
          'Cookie',
          'Origin',
          'Content-Type',
          'X-Forwarded-For',
          'X-Request-Id',
          'Accept-Encoding',
          'If-None-Match',
          'Range',
        ]
          .map((name) => `${name}: ${field}\r\n`)
          .join('');
        const answers = await sendUntilClosed(app().url, Buffer.from(`${head}${fields}\r\n`, 'latin1'));
        // The answer to HEAD has no body, whatever its Content-Length says.
        if (method !== 'HEAD') expect(answers).toHaveLength(1);
        for (const { status } of answers) expect(status).toBeLessThan(500);
      },
    ),
    { numRuns: 300 },
  );
  expect(
    app()
      .logLines()
      .filter(({ level }) => level === 'error'),
  ).toEqual([]);
});
