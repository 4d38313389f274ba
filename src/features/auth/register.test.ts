import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  cookieOf,
  GOOD_PASSWORD,
  signIn,
  pointersOf,
  readEvents,
  refreshByCookie,
  refusal,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';

const ada = { username: 'ada', email: 'ada@example.org', password: GOOD_PASSWORD, transport: 'token' };
const register = (app: TestApplication, fields: object, headers: Record<string, string> = {}) =>
  call(app, '/api/auth/register', { body: { ...ada, ...fields }, headers });

const count = async (app: TestApplication, table: 'users' | 'sessions' | 'security_events' | 'user_roles') =>
  (await app.database.read.selectFrom(table).selectAll().execute()).length;

describeEachApplication('sign-up', ({ start }) => {
  it('makes an account with the role user, and signs it in, telling nothing that is not its own', async () => {
    const app = await start();
    const answer = await register(app, {});
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 300,
      refreshToken: expect.any(String),
      user: {
        id: expect.any(String),
        username: 'ada',
        email: 'ada@example.org',
        emailVerified: false,
        displayName: 'ada',
        roles: ['user'],
        status: 'active',
        createdAt: expect.any(String),
      },
    });
    const me = await whoAmI(app, answer.body['accessToken']);
    expect(me.body).toMatchObject({
      user: answer.body['user'],
      permissions: ['files:create', 'files:read', 'files:delete'],
    });
    expect(JSON.stringify([answer.body, me.body])).not.toMatch(/\$2b\$|canonical|salt|counter/);
  });

  it('PW-18 takes a user name in one canonical form, unique in every spelling', async () => {
    const app = await start();
    expect(await register(app, { username: ' ＡｄＡ ' })).toMatchObject({
      status: 201,
      body: { user: { username: 'ada' } },
    });
    for (const username of ['ADA', 'ａｄａ', 'ada\t', 'Ⓐda']) {
      const taken = await register(app, { username, email: 'other@example.org' });
      expect(taken, username).toMatchObject(refusal('username-taken'));
      expect(taken.body['errors']).toMatchObject([{ pointer: '/username' }]);
    }
    for (const username of ['аda', 'a\u200Bda', 'a\u202Eda', 'a da', 'ada@home', 'ad', '-ada', 'a'.repeat(33)])
      expect(pointersOf(await register(app, { username, email: 'other@example.org' })), username).toEqual([
        '/username',
      ]);
    expect(await count(app, 'users')).toBe(1);
    expect((await signIn(app, 'ＡＤＡ')).user.username).toBe('ada');
  });

  it('PW-19 keeps an address as typed, with its domain in ASCII, unique without regard to case', async () => {
    const app = await start();
    const made = await register(app, { email: 'Ada.L@Bücher.Example' });
    expect(made).toMatchObject({ status: 201, body: { user: { email: 'Ada.L@xn--bcher-kva.example' } } });
    const taken = await register(app, { username: 'other', email: 'ada.l@XN--BCHER-KVA.example' });
    expect(taken).toMatchObject(refusal('email-taken'));
    expect(taken.body['errors']).toMatchObject([{ pointer: '/email' }]);
    // No Gmail dot rule: these are two people.
    expect(await register(app, { username: 'adal', email: 'adal@bücher.example' })).toMatchObject({ status: 201 });
    expect((await signIn(app, 'ADA.L@bücher.example')).user.username).toBe('ada');
  });

  it('PW-19 refuses what is not exactly one address', async () => {
    const app = await start();
    const faulty = [
      'a@b.example,c@d.example',
      'a@b.example\r\nBcc: c@d.example',
      '"a@b"@c.example',
      'a＠b.example',
      'a@b@c.example',
    ];
    for (const email of [
      ...faulty,
      'a@127.0.0.1',
      'a@[::1]',
      'a@localhost',
      '<a@b.example>',
      `a@${'b'.repeat(260)}.example`,
    ])
      expect(pointersOf(await register(app, { email })), email).toEqual(['/email']);
    expect(await count(app, 'users')).toBe(0);
    expect(app.hasher.hashCount).toBe(0);
  });

  it('leaves nothing behind when a name is taken: no account, session, role or event', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const before = await count(app, 'security_events');
    expect(await register(app, { email: 'new@example.org' })).toMatchObject(refusal('username-taken'));
    expect(await register(app, { username: 'new' })).toMatchObject(refusal('email-taken'));
    expect([await count(app, 'users'), await count(app, 'sessions'), await count(app, 'user_roles')]).toEqual([
      1, 1, 1,
    ]);
    expect(await count(app, 'security_events')).toBe(before);
  });

  it('PW-19 guards: where user name and address are both taken, both databases name the user name', async () => {
    const app = await start();
    await signUp(app, 'ada');
    await signUp(app, 'eve');
    for (const [username, email] of [
      ['ada', 'ada@example.org'],
      ['ADA', 'Eve@Example.org'],
      ['eve', 'ada@example.org'],
    ]) {
      const taken = await register(app, { username, email });
      expect(taken, username).toMatchObject(refusal('username-taken'));
      expect(taken.body['errors']).toMatchObject([{ pointer: '/username' }]);
    }
  });

  it('takes no role, status or other field that was not asked for', async () => {
    const app = await start();
    for (const field of ['roles', 'status', 'id', 'emailVerified', 'isAdmin', 'displayName'])
      expect(pointersOf(await register(app, { [field]: 'admin' })), field).toEqual([`/${field}`]);
    expect(await count(app, 'users')).toBe(0);
  });

  it.each(['closed', 'invite'] as const)(
    'makes no account where sign-up is %s, and does not hash',
    async (signUpMode) => {
      const app = await start({ config: { signUp: signUpMode } });
      expect(await register(app, {})).toMatchObject(refusal('sign-up-closed'));
      expect([await count(app, 'users'), app.hasher.hashCount]).toEqual([0, 0]);
    },
  );

  it('makes no account for another site', async () => {
    const app = await start();
    for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }, {}] as Record<
      string,
      string
    >[])
      expect(await register(app, { transport: 'cookie' }, headers)).toMatchObject(refusal('cross-site-request'));
    expect(await count(app, 'users')).toBe(0);
  });

  // Guards: the account was made, and the answer was 503, while a server that starts had no key to sign with yet.
  it('makes no account while nothing can be signed yet', async () => {
    const app = await start({ prepare: false });
    expect(await register(app, {})).toMatchObject(refusal('unavailable'));
    expect([await count(app, 'users'), await count(app, 'sessions'), await count(app, 'security_events')]).toEqual([
      0, 0, 0,
    ]);
    await app.prepare();
    expect(await register(app, {})).toMatchObject({ status: 201 });
  });

  // Guards: the session that the browser had before went on for days, with nobody who could sign it out.
  it('LG-09 ends the session that the browser was in before', async () => {
    const app = await start();
    const sameOrigin = { 'Sec-Fetch-Site': 'same-origin' };
    const first = await register(app, { transport: 'cookie' }, sameOrigin);
    const cookie = cookieOf(first);
    const elsewhere = await signIn(app, 'ada');
    const body = { ...ada, username: 'bob', email: 'bob@example.org', transport: 'cookie' };
    const second = await call(app, '/api/auth/register', { body, cookie });
    expect(second.status).toBe(201);
    expect(await whoAmI(app, first.body['accessToken'])).toMatchObject(refusal('invalid-token'));
    expect(await refreshByCookie(app, cookie)).toMatchObject(refusal('invalid-token'));
    expect(await refreshByCookie(app, cookieOf(second))).toMatchObject({
      status: 200,
      body: { user: { username: 'bob' } },
    });
    expect(await whoAmI(app, elsewhere.accessToken)).toMatchObject({ status: 200 });
    expect(await readEvents(app, 'session_terminated')).toMatchObject([
      {
        actor_id: (second.body['user'] as { id: string }).id,
        target_id: elsewhere.user.id,
        details: { reason: 'replaced' },
      },
    ]);
  });
});
