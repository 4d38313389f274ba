import { expect, it } from 'vitest';
import { endpoints } from '#contract/index.ts';
import { databaseState } from '../testing/database-state.ts';
import { call, GOOD_PASSWORD, signUp } from '../testing/personas.ts';
import type { Answer } from '../testing/personas.ts';
import { describeEachApplication } from '../testing/start-application.ts';
import type { TestApplication } from '../testing/start-application.ts';
import { useApplication } from '../testing/use-application.ts';

const app = useApplication();
const good = { username: 'ada', email: 'ada@example.org', password: GOOD_PASSWORD, transport: 'token' };
const NOT_KNOWN = 'This field is not known here.';
const REQUIRED = 'This field is required.';

const pointersOf = ({ body }: Answer): string[] =>
  (body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).toSorted();

async function expectInvalid(
  path: string,
  body: unknown,
  pointers: string[],
  given?: { method?: string; token?: string },
) {
  const before = await databaseState(app());
  const answer = await call(app(), path, { body, ...given });
  expect(answer).toMatchObject({ status: 422, body: { type: 'urn:gatehouse:problem:invalid-input' } });
  expect(pointersOf(answer)).toEqual(pointers.toSorted());
  expect(await databaseState(app()), 'nothing is stored').toEqual(before);
  return answer;
}

it('IN-01 names every fault at once, each by its JSON pointer', async () => {
  const answer = await expectInvalid('/api/auth/register', { username: 'a b', email: 'nobody', extra: 1 }, [
    '/email',
    '/extra',
    '/password',
    '/transport',
    '/username',
  ]);
  expect(answer.body['errors']).toContainEqual({ pointer: '/extra', detail: NOT_KNOWN });
  expect(answer.body['errors']).toContainEqual({ pointer: '/password', detail: REQUIRED });
  expect(answer.body['errors']).toContainEqual({ pointer: '/transport', detail: REQUIRED });
});

it('IN-01 a pointer names also what has slashes, tildes and dots in it (RFC 6901)', async () => {
  await expectInvalid('/api/auth/register', { ...good, 'a/b~c.d': 1, '': 2 }, ['/a~1b~0c.d', '/']);
});

it('AZ-04 IN-01 refuses what a user may not set, however it is called', async () => {
  const claims = [
    'role',
    'roles',
    'id',
    'status',
    'emailVerified',
    'email_verified_at',
    'createdAt',
    'passwordHash',
    'password_hash',
    'isAdmin',
    'permissions',
  ];
  for (const name of claims) await expectInvalid('/api/auth/register', { ...good, [name]: ['admin'] }, [`/${name}`]);
  expect(
    await call(app(), '/api/auth/login', { body: { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' } }),
  ).toMatchObject({ status: 401 });
});

const wrongTypes: [string, unknown][] = [
  ['a number', 1],
  ['true', true],
  ['null', null],
  ['a list with the right value', ['ada']],
  ['an object', { $ne: '' }],
  ['an object that pretends to be a text', { length: 20, toString: 'ada' }],
];

it.each(wrongTypes)('IN-11 refuses %s where a text is meant, for each field of each endpoint', async (_what, wrong) => {
  await expectInvalid('/api/auth/register', { username: wrong, email: wrong, password: wrong, transport: wrong }, [
    '/email',
    '/password',
    '/transport',
    '/username',
  ]);
  await expectInvalid('/api/auth/login', { identifier: wrong, password: wrong, transport: wrong }, [
    '/identifier',
    '/password',
    '/transport',
  ]);
  await expectInvalid('/api/auth/refresh', { refreshToken: wrong }, ['/refreshToken']);
  await expectInvalid('/api/auth/password-strength', { password: wrong, username: wrong, email: wrong }, [
    '/email',
    '/password',
    '/username',
  ]);
  await expectInvalid('/api/setup', { ...good, secret: wrong }, ['/secret']);
});

it.each([
  ['a list', []],
  ['a list of one', [good]],
  ['null', 'null'],
  ['a text', '"ada"'],
  ['a number', '0'],
  ['true', 'true'],
])('IN-11 refuses a body that is %s: the pointer is that of the whole', async (_what, body) => {
  const open = endpoints.filter(({ access }) => access === 'public' || access === 'credential');
  for (const { method, path } of open.filter((endpoint) => 'body' in endpoint))
    await expectInvalid(path, body, [''], { method });
});

it('IN-01 no length, no character and no spelling gets past a field', async () => {
  await expectInvalid('/api/auth/login', { identifier: 'a'.repeat(321), password: 'x', transport: 'token' }, [
    '/identifier',
  ]);
  await expectInvalid('/api/auth/login', { identifier: '', password: '', transport: 'Cookie' }, [
    '/identifier',
    '/password',
    '/transport',
  ]);
  await expectInvalid('/api/auth/register', { ...good, password: 'nul\u0000in the middle' }, ['/password']);
  await expectInvalid('/api/auth/register', { ...good, password: '\ud800 half a character' }, ['/password']);
  await expectInvalid('/api/auth/register', { ...good, password: 'é'.repeat(37) }, ['/password']);
  await expectInvalid('/api/auth/register', { ...good, username: 'a\u202eda' }, ['/username']);
  await expectInvalid('/api/auth/register', { ...good, username: "ada' or '1'='1" }, ['/username']);
  await expectInvalid('/api/auth/register', { ...good, email: 'a@example.org,b@example.org' }, ['/email']);
  await expectInvalid('/api/auth/register', { ...good, email: 'a@example.org\r\nBcc: b@example.org' }, ['/email']);
  await expectInvalid('/api/auth/refresh', { refreshToken: 'a'.repeat(513) }, ['/refreshToken']);
});

it('IN-05 refuses a parameter that nothing declares, on every endpoint, and one that comes twice', async () => {
  const ada = await signUp(app(), 'ada');
  for (const { method, path, name, access } of endpoints) {
    if (typeof access === 'object') continue; // 403 comes first
    const token = access === 'public' ? undefined : ada.accessToken;
    const options = { method, token, ...(method !== 'GET' && { body: {} }) };
    const answer = await call(app(), `${path}?unknown=1&other[a]=2&__proto__=3`, options);
    expect(answer, name).toMatchObject({ status: 422 });
    expect(pointersOf(answer)).toEqual(['?__proto__', '?other[a]', '?unknown']);
  }
  expect(await call(app(), '/api/auth/me', { token: ada.accessToken }), 'still signed in').toMatchObject({
    status: 200,
  });
  const twice = await call(app(), '/livez?verbose=1&verbose=1');
  expect(twice).toMatchObject({ status: 422, body: { errors: [{ pointer: '?verbose' }] } });
  expect(await call(app(), '/livez?verbose=yes')).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '?verbose' }] },
  });
  expect(await call(app(), `/livez?${'verbose&'.repeat(1000)}`)).toMatchObject({ status: 422 });
});

it.each(['access_token', 'token', 'authorization', 'apiKey', 'password'])(
  'JW-09 a credential as ?%s= opens nothing',
  async (name) => {
    const { accessToken } = await signUp(app(), `ada${name.toLowerCase().replace('_', '-')}`);
    expect(await call(app(), `/api/auth/me?${name}=${accessToken}`)).toMatchObject({ status: 401 });
    expect(await call(app(), `/api/auth/me?${name}=${accessToken}`, { token: accessToken })).toMatchObject({
      status: 422,
    });
    expect(await call(app(), `/api/auth/logout`, { body: { [name]: accessToken } })).toMatchObject({ status: 422 });
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await call(app(), '/api/auth/logout', { body: `${name}=${accessToken}`, headers: form })).toMatchObject({
      status: 415,
    });
    expect(app().logText(), 'the log').not.toContain(accessToken);
    expect(await call(app(), '/api/auth/me', { token: accessToken }), 'still signed in').toMatchObject({ status: 200 });
  },
);

describeEachApplication('bad input', ({ start }) => {
  const change = (application: TestApplication, body: unknown, token: string): Promise<Answer> =>
    call(application, '/api/auth/password', { method: 'PATCH', body, token });

  it('IN-01 IN-11 changes nothing for a signed-in user either', async () => {
    const application = await start();
    const ada = await signUp(application, 'ada');
    const before = await databaseState(application);
    const bodies = [
      {},
      { currentPassword: [GOOD_PASSWORD], newPassword: 'x' },
      { currentPassword: GOOD_PASSWORD, newPassword: 'quiet meadow 17 compass', userId: ada.user.id },
    ];
    for (const body of bodies) expect(await change(application, body, ada.accessToken)).toMatchObject({ status: 422 });
    expect(await change(application, '{', ada.accessToken)).toMatchObject({ status: 400 });
    expect(await databaseState(application)).toEqual(before);
  });

  it('IN-01 text that one of the databases cannot store never gets there', async () => {
    const application = await start();
    for (const text of ['\u0000', 'a\u0000b', '\ud800', '\udfff\ud800', '\u{10ffff}', '\ufffe'.repeat(100)]) {
      const body = { identifier: text, password: 'x', transport: 'token' };
      expect((await call(application, '/api/auth/login', { body })).status, JSON.stringify(text)).toBe(401);
      const refresh = { body: { refreshToken: text } };
      expect((await call(application, '/api/auth/refresh', refresh)).status, JSON.stringify(text)).toBe(401);
      const setUp = { body: { ...good, secret: text } };
      expect((await call(application, '/api/setup', setUp)).status, JSON.stringify(text)).toBe(403);
    }
    expect(application.logLines().filter(({ level }) => level === 'error')).toEqual([]);
  });
});
