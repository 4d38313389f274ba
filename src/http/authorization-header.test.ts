import { expect, it } from 'vitest';
import { call, signUp } from '../testing/personas.ts';
import type { Persona } from '../testing/personas.ts';
import { exchange } from '../testing/raw-http.ts';
import { useApplication } from '../testing/use-application.ts';

let persona: Persona | undefined;
const app = useApplication({}, async (application) => {
  persona = await signUp(application, 'ada');
});
const token = (): string => (persona as Persona).accessToken;
const ME = 'GET /api/auth/me';

it('JW-10 says nothing of an error where no token was sent, and exactly what is wrong where one was', async () => {
  const bare = await exchange(app().url, ME);
  expect(bare).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  const bad = await exchange(app().url, ME, ['Authorization: Bearer nonsense']);
  expect(bad).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } });
  const forbidden = await exchange(app().url, 'GET /api/roles', [`Authorization: Bearer ${token()}`]);
  expect(forbidden).toMatchObject({
    status: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
    json: { type: 'urn:gatehouse:problem:forbidden' },
  });
  const wrong = await call(app(), '/api/auth/login', {
    body: { identifier: 'ada', password: 'wrong', transport: 'token' },
  });
  expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
});

it.each(['Basic YWRhOng=', 'Digest username="ada"', 'Negotiate abc', 'BearerX abc', 'Token abc', ''])(
  'JW-10 guards: %j is no bearer token, so none was bad (RFC 6750 section 3.1)',
  async (value) => {
    const answer = await exchange(app().url, ME, [`Authorization: ${value}`]);
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  },
);

it('JW-09 the name of the scheme has no case, and one space or more behind it', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR', 'Bearer  ', 'Bearer   '])
    expect(await exchange(app().url, ME, [`Authorization: ${scheme} ${token()}`]), scheme).toMatchObject({
      status: 200,
    });
  expect(await exchange(app().url, ME, [`aUTHORIZATION:Bearer ${token()}`])).toMatchObject({ status: 200 });
});

it.each([
  'Bearer',
  'Bearer ',
  'Bearer =',
  'Bearer .',
  'Bearer\t%t',
  'Bearer,%t',
  'Bearer=%t',
  'Bearer "%t"',
  'Bearer %t,',
  'Bearer %t %t',
  'Bearer %t, Bearer %t',
  'Bearer %t;a=b',
  'Bearer token=%t',
  'Bearer\u00a0%t',
  '%t',
  'Basic %t',
  'Bearer Bearer %t',
])('JW-09 refuses the header %j', async (form) => {
  const answer = await exchange(app().url, ME, [`Authorization: ${form.replaceAll('%t', token())}`]);
  expect(answer.status).toBe(401);
  expect(app().logText()).not.toContain(token());
});

it('JW-09 guards: two Authorization headers are 400, whichever is good; Node would silently keep the first', async () => {
  const good = `Authorization: Bearer ${token()}`;
  for (const pair of [
    [good, good],
    [good, 'Authorization: Bearer x'],
    ['AUTHORIZATION: Basic x', good],
    ['Authorization:', good],
  ]) {
    const answer = await exchange(app().url, ME, pair);
    expect(answer).toMatchObject({
      status: 400,
      json: { type: 'urn:gatehouse:problem:malformed-request', detail: 'The header authorization came twice.' },
    });
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  }
});

it.each([
  'Content-Type: application/json',
  'Cookie: a=b',
  'Host: elsewhere.example',
  'Origin: http://localhost',
  'Sec-Fetch-Site: same-origin',
  'X-API-Key: gk_x',
  'X-Request-Id: 12345678',
])('IN-04 guards: "%s" twice is 400, since somebody in front may have read the other one', async (field) => {
  const body = '{"identifier":"nobody","password":"x","transport":"token"}';
  const fields = ['Content-Type: application/json', field, field].slice(field.startsWith('Content-Type') ? 1 : 0);
  expect(await exchange(app().url, 'POST /api/auth/login', fields, body)).toMatchObject({ status: 400 });
});

it('JW-09 a token anywhere else is not looked at', async () => {
  const elsewhere = [
    `X-Access-Token: ${token()}`,
    `Cookie: access_token=${token()}; __Host-gatehouse-session=${token()}`,
    `Proxy-Authorization: Bearer ${token()}`,
    `X-API-Key: ${token()}`,
    `Authentication: Bearer ${token()}`,
  ];
  expect(await exchange(app().url, ME, elsewhere)).toMatchObject({
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
  });
  expect(app().logText()).not.toContain(token());
});

it('JW-10 a bad token does not spoil what is open to everyone', async () => {
  const bad = ['Authorization: Bearer nonsense'];
  expect(await exchange(app().url, 'GET /livez', bad)).toMatchObject({ status: 200 });
  expect(await exchange(app().url, 'GET /.well-known/jwks.json', bad)).toMatchObject({ status: 200 });
});
