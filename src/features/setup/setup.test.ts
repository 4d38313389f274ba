import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import { storedText } from '../../testing/database-state.ts';
import {
  call,
  createFrozenClock,
  GOOD_PASSWORD,
  signIn,
  signInByCookie,
  OTHER_PASSWORD,
  pointersOf,
  readEvents,
  refusal,
  setUpAdministrator,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';

const secretOf = (link: string | undefined): string => link?.split('#secret=')[1] ?? '';

const setUp = (app: TestApplication, secret: string, fields: object = {}) =>
  call(app, '/api/setup', {
    body: {
      secret,
      username: 'root',
      email: 'root@example.org',
      password: GOOD_PASSWORD,
      transport: 'token',
      ...fields,
    },
  });

const users = (app: TestApplication) => app.database.read.selectFrom('users').selectAll().execute();
const setupRequired = async (app: TestApplication) => (await call(app, '/api/auth/options')).body['setupRequired'];

const configured = { email: 'Boss@example.org', username: 'Boss', password: GOOD_PASSWORD };

describeEachApplication('set-up', ({ start }) => {
  it('PW-16 makes no account by itself, and the first administrator by a link that works once', async () => {
    const app = await start();
    expect(app.setupLink).toMatch(/^http:\/\/localhost:3000\/setup#secret=[\w-]{43}$/);
    const secret = secretOf(app.setupLink);
    expect(await users(app)).toEqual([]);
    expect(await setupRequired(app)).toBe(true);
    const made = await setUp(app, secret);
    expect(made).toMatchObject({ status: 201, body: { user: { username: 'root', roles: ['admin'] } } });
    const token = String(made.body['accessToken']);
    expect(await call(app, '/api/roles', { token })).toMatchObject({ status: 200 });
    expect(await setupRequired(app)).toBe(false);
    const again = await setUp(app, secret, { username: 'eve', email: 'eve@example.org' });
    expect(again).toMatchObject(refusal('invalid-setup-secret'));
    expect(await users(app)).toHaveLength(1);
    expect(await storedText(app)).not.toContain(secret);
    expect(app.logText()).not.toContain(secret);
    await signIn(app, 'root');
  });

  it('PW-16 refuses a secret that is wrong, without hashing a password or telling who exists', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const secret = secretOf(app.setupLink);
    const hashes = app.hasher.hashCount;
    for (const wrong of [secret.slice(1), `${secret} `, secret.toUpperCase(), 'x', "' or '1'='1"])
      expect(await setUp(app, wrong, { username: 'ada' }), wrong).toMatchObject(refusal('invalid-setup-secret'));
    expect(pointersOf(await setUp(app, ''))).toEqual(['/secret']);
    expect(pointersOf(await setUp(app, 'x'.repeat(129)))).toEqual(['/secret']);
    expect(pointersOf(await call(app, '/api/setup', { body: {} }))).toContain('/secret');
    expect(app.hasher.hashCount).toBe(hashes);
    expect(await setUp(app, secret)).toMatchObject({ status: 201 });
  });

  it('PW-16 is over after thirty minutes', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock });
    clock.advance(30 * 60_000);
    expect(await setUp(app, secretOf(app.setupLink))).toMatchObject(refusal('invalid-setup-secret'));
    expect(await users(app)).toEqual([]);
    const next = await app.setup.createLink('first-administrator');
    clock.advance(30 * 60_000 - 1);
    expect(await setUp(app, secretOf(next))).toMatchObject({ status: 201 });
  });

  it('PW-16 replaces a link by the next one, and by the next start', async () => {
    const app = await start();
    const links = [app.setupLink, await app.setup.createLink('first-administrator')];
    const next = await start({ url: app.config.databaseUrl });
    for (const link of links) expect(await setUp(app, secretOf(link))).toMatchObject(refusal('invalid-setup-secret'));
    expect(await setUp(app, secretOf(next.setupLink))).toMatchObject({ status: 201 });
    expect(await app.setup.createLink('first-administrator')).toBeUndefined();
    expect((await start({ url: app.config.databaseUrl })).setupLink).toBeUndefined();
  });

  it('keeps the link where the account cannot be made', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const secret = secretOf(app.setupLink);
    expect(await setUp(app, secret, { username: 'ADA' })).toMatchObject(refusal('username-taken'));
    expect(await setUp(app, secret, { email: 'ada@EXAMPLE.org' })).toMatchObject(refusal('email-taken'));
    expect(pointersOf(await setUp(app, secret, { roles: ['admin'] }))).toEqual(['/roles']);
    expect(await setUp(app, secret, { transport: 'cookie' })).toMatchObject(refusal('cross-site-request'));
    expect(await readEvents(app, 'setup_completed')).toEqual([]);
    expect(await setUp(app, secret)).toMatchObject({ status: 201 });
    expect((await signIn(app, 'ada')).user.roles).toEqual(['user']);
  });

  it('makes another administrator by a recovery link, and nobody else less of one', async () => {
    const app = await start();
    const root = await setUpAdministrator(app);
    const link = await app.setup.createLink('recovery');
    const made = await setUp(app, secretOf(link), { username: 'rescue', email: 'rescue@example.org' });
    expect(made).toMatchObject({ status: 201, body: { user: { roles: ['admin'] } } });
    expect(await setUp(app, secretOf(link))).toMatchObject(refusal('invalid-setup-secret'));
    expect(await call(app, '/api/roles', { token: root.accessToken })).toMatchObject({ status: 200 });
  });

  it('makes the link of a first administrator useless as soon as there is one', async () => {
    const app = await start();
    await signUp(app, 'ada');
    await app.userAdministration.setRoles('ada', ['admin'], { type: 'system' });
    expect(await setUp(app, secretOf(app.setupLink))).toMatchObject(refusal('invalid-setup-secret'));
    expect((await users(app)).map(({ username }) => username)).toEqual(['ada']);
  });

  it('LG-09 ends the session that the browser was in before', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const before = await signInByCookie(app, 'ada');
    const answer = await call(app, '/api/setup', {
      body: {
        secret: secretOf(app.setupLink),
        username: 'root',
        email: 'root@example.org',
        password: GOOD_PASSWORD,
        transport: 'cookie',
      },
      cookie: before.cookie,
    });
    expect(answer.status).toBe(201);
    expect(await whoAmI(app, before.accessToken)).toMatchObject(refusal('invalid-token'));
    expect(await whoAmI(app, answer.body['accessToken'])).toMatchObject({ status: 200 });
  });

  it('RE-20 makes one administrator of many who use the link at once, on two replicas', async () => {
    const app = await start();
    const other = await start({ url: app.config.databaseUrl });
    let link = other.setupLink;
    for (let round = 0; round < 4; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, index) => {
          const username = `root${round}${'abcdef'.charAt(index)}`;
          return setUp(index % 2 ? app : other, secretOf(link), { username, email: `${username}@example.org` });
        }),
      );
      const won = answers.filter(({ status }) => status === 201);
      expect(won, `round ${round}`).toHaveLength(1);
      for (const answer of answers.filter((answer) => !won.includes(answer)))
        expect(answer).toMatchObject(refusal('invalid-setup-secret'));
      expect(await users(app)).toHaveLength(round + 1);
      link = await app.setup.createLink('recovery');
    }
    expect(await readEvents(app, 'setup_completed')).toHaveLength(4);
    expect(await app.database.read.selectFrom('sessions').select('id').execute()).toHaveLength(4);
  });
});

describeEachApplication('the administrator of the configuration', ({ start }) => {
  // Guards: a session was begun for them at the start, which nobody held and nobody could end.
  it('PW-16 is made at the first start, with no link and no session, and signs in', async () => {
    const app = await start({ config: { firstAdministrator: configured } });
    expect(app.setupLink).toBeUndefined();
    expect(await setupRequired(app)).toBe(false);
    expect(await app.database.read.selectFrom('sessions').selectAll().execute()).toEqual([]);
    expect(await users(app)).toMatchObject([{ username: 'boss', email: 'Boss@example.org', last_login_at: null }]);
    expect(await readEvents(app, 'user_created')).toMatchObject([
      {
        actor_type: 'system',
        actor_id: null,
        target_type: 'user',
        address: null,
        session_id: null,
        details: { roles: ['admin'] },
      },
    ]);
    const boss = await signIn(app, 'boss');
    expect(await whoAmI(app, boss.accessToken)).toMatchObject({ body: { user: { roles: ['admin'] } } });
  });

  it('is made once, also by two replicas that start at once, and not again with another password', async () => {
    const app = await start({ prepare: false, config: { firstAdministrator: configured } });
    const other = await start({
      url: app.config.databaseUrl,
      prepare: false,
      config: { firstAdministrator: configured },
    });
    await Promise.all([app.prepare(), other.prepare()]);
    const second = { username: 'second', email: 'second@example.org', password: OTHER_PASSWORD };
    const later = await start({
      url: app.config.databaseUrl,
      prepare: false,
      config: { firstAdministrator: second },
    });
    await later.prepare();
    expect((await users(app)).map(({ username }) => username)).toEqual(['boss']);
    expect(await readEvents(app, 'user_created')).toHaveLength(1);
  });

  it('PW-07 is not made with a password against the rules: the start says why', async () => {
    const app = await start({
      prepare: false,
      config: { firstAdministrator: { ...configured, password: 'passwordpassword' } },
    });
    await expect(app.prepare()).rejects.toThrow(/^the first administrator cannot be made: .*\n {2}- ADMIN_PASSWORD: /);
    expect(await users(app)).toEqual([]);
  });
});
