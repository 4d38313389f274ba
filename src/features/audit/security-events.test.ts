import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import { storedText } from '../../testing/database-state.ts';
import {
  call,
  GOOD_PASSWORD,
  signInByCookie,
  OTHER_PASSWORD,
  readEvents,
  refreshBy,
  refusal,
  signUp,
} from '../../testing/personas.ts';
import type { EventRow } from '../../testing/personas.ts';

const from = { 'User-Agent': 'a browser', 'X-Request-Id': 'request-of-this-test' };
const origin = { address: '127.0.0.1', user_agent: 'a browser', request_id: 'request-of-this-test' };
const nobody = { actor_type: 'anonymous', actor_id: null };

/** The events that an act adds. */
async function eventsOf(app: TestApplication, act: () => Promise<unknown>): Promise<EventRow[]> {
  const before = new Set((await readEvents(app)).map(({ id }) => id));
  await act();
  return (await readEvents(app)).filter(({ id }) => !before.has(id));
}

describeEachApplication('security events', ({ start }) => {
  it('tell of each act exactly once, with actor, target, session, address and request', async () => {
    const app = await start();
    const post = (path: string, body: object, token?: string) => call(app, path, { body, token, headers: from });
    const ada = { username: 'ada', email: 'ada@example.org', password: GOOD_PASSWORD, transport: 'token' };

    const [created, ...more] = await eventsOf(app, () => post('/api/auth/register', ada));
    expect(more).toEqual([]);
    const id = created?.target_id;
    const self = { actor_type: 'user', actor_id: id, target_type: 'user', target_id: id, ...origin };
    expect(created).toMatchObject({
      name: 'user_created',
      ...self,
      session_id: expect.any(String),
      details: { roles: ['user'] },
    });

    const signIn = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' };
    let tokens: Record<string, unknown> = {};
    const loggedIn = await eventsOf(app, async () => {
      tokens = (await post('/api/auth/login', signIn)).body;
    });
    const session_id = String(tokens['refreshToken']).split('.')[0];
    expect(loggedIn).toMatchObject([
      { name: 'authn_login_success', ...self, session_id, details: { transport: 'token' } },
    ]);
    expect(loggedIn).toHaveLength(1);

    expect(await eventsOf(app, () => post('/api/auth/login', { ...signIn, password: OTHER_PASSWORD }))).toMatchObject([
      {
        name: 'authn_login_fail',
        ...nobody,
        target_id: id,
        session_id: null,
        ...origin,
        details: { reason: 'wrong password' },
      },
    ]);
    expect(await eventsOf(app, () => post('/api/auth/login', { ...signIn, identifier: 'nobody' }))).toMatchObject([
      {
        name: 'authn_login_fail',
        ...nobody,
        target_type: null,
        target_id: null,
        ...origin,
        details: { reason: 'unknown account' },
      },
    ]);

    const token = String(tokens['accessToken']);
    const change = (currentPassword: string) =>
      call(app, '/api/auth/password', {
        method: 'PATCH',
        token,
        headers: from,
        body: { currentPassword, newPassword: OTHER_PASSWORD },
      });
    expect(await eventsOf(app, () => change(OTHER_PASSWORD))).toMatchObject([
      { name: 'authn_password_change_fail', ...self, session_id },
    ]);
    expect(await eventsOf(app, () => change(GOOD_PASSWORD))).toMatchObject([
      { name: 'authn_password_change', ...self, session_id, details: { terminatedSessions: 1 } },
    ]);
    expect(await eventsOf(app, () => post('/api/auth/logout', {}, token))).toMatchObject([
      { name: 'authn_logout', ...self, session_id, details: { reason: 'log-out' } },
    ]);

    const disabled = await eventsOf(app, () => app.userAdministration.disable('ada', { type: 'system' }));
    expect(disabled).toMatchObject([
      { name: 'user_disabled', actor_type: 'system', target_id: id, address: null, request_id: null },
    ]);
    expect(await eventsOf(app, () => post('/api/auth/login', { ...signIn, password: OTHER_PASSWORD }))).toMatchObject([
      { name: 'authn_login_fail', ...nobody, target_id: id, details: { reason: 'disabled' } },
    ]);

    const secret = app.setupLink?.split('#secret=')[1];
    const root = { ...ada, username: 'root', email: 'root@example.org', secret };
    const completed = await eventsOf(app, () => post('/api/setup', root));
    expect(completed.map(({ name }) => name).toSorted()).toEqual(['setup_completed', 'user_created']);
    for (const event of completed)
      expect(event).toMatchObject({ actor_type: 'user', actor_id: event.target_id, ...origin });
    expect(await eventsOf(app, () => app.setup.createLink('recovery'))).toMatchObject([
      { name: 'setup_link_created', actor_type: 'system', target_type: 'setup', details: { purpose: 'recovery' } },
    ]);
  });

  it('are not written for what only looks, is refused before it counts, or renews a session', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const events = await eventsOf(app, async () => {
      await refreshBy(app, ada.refreshToken);
      await refreshBy(app, 'nonsense');
      await call(app, '/api/auth/me', { token: ada.accessToken });
      await call(app, '/api/auth/login', { body: { identifier: 'ada' } });
      await call(app, '/api/auth/options');
      await call(app, '/api/auth/password-strength', { body: { password: OTHER_PASSWORD } });
      await call(app, '/.well-known/jwks.json');
    });
    expect(events).toEqual([]);
  });

  it('are written with the act, or neither is', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const before = await storedText(app);
    // The event is the last thing that each transaction writes: where it fails, the act must not have happened.
    const { transaction } = app.database;
    const broken: TestApplication['database']['transaction'] = (run) =>
      transaction((tx) =>
        run({
          ...tx,
          query: new Proxy(tx.query, {
            get(query, name) {
              const value: unknown = Reflect.get(query, name);
              if (name !== 'insertInto') return typeof value === 'function' ? (value.bind(query) as unknown) : value;
              return (table: 'security_events') => {
                if (table === 'security_events') throw new Error('no event can be written');
                return query.insertInto(table);
              };
            },
          }),
        }),
      );
    const failing = await start({ url: app.config.databaseUrl });
    const text = await storedText(app);
    Object.assign(failing.database, { transaction: broken });
    const body = { username: 'eve', email: 'eve@example.org', password: GOOD_PASSWORD, transport: 'token' };
    const change = { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD };
    const answers = [
      await call(failing, '/api/auth/register', { body }),
      await call(failing, '/api/auth/login', {
        body: { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' },
      }),
      await call(failing, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body: change }),
      await call(failing, '/api/auth/logout', { body: {}, token: ada.accessToken }),
    ];
    for (const answer of answers) expect(answer).toMatchObject(refusal('internal'));
    await expect(failing.userAdministration.disable('ada', { type: 'system' })).rejects.toThrow('no event');
    await expect(failing.signingKeys.rotate({ type: 'system' })).rejects.toThrow('no event');
    // Only the attempt to sign in stays: it counts as a failure before it is known what becomes of it.
    const userId = ada.user.id;
    expect(await app.database.transaction((tx) => app.signInThrottle.release(tx, { userId }))).toBe(1);
    expect(await storedText(app)).toBe(text);
    expect(text).not.toBe(before); // the second start has made another link
    expect(await call(app, '/api/auth/me', { token: ada.accessToken })).toMatchObject({ status: 200 });
  });

  it('hold no secret, and neither does anything else that is stored or logged', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const browser = await signInByCookie(app, 'ada');
    const mistyped = 'my secret typed as a name 77';
    await call(app, '/api/auth/login', {
      body: { identifier: mistyped, password: 'wrong password of ada 99', transport: 'token' },
    });
    const next = (await refreshBy(app, ada.refreshToken)).body;
    await refreshBy(app, `${ada.refreshToken.slice(0, -1)}A`);
    app.clock.advance(10_001);
    await call(app, '/api/auth/password', {
      method: 'PATCH',
      token: browser.accessToken,
      body: { currentPassword: 'not the current one 55', newPassword: OTHER_PASSWORD },
    });
    await call(app, '/api/auth/password', {
      method: 'PATCH',
      token: browser.accessToken,
      body: { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD },
    });
    await refreshBy(app, ada.refreshToken);
    const setupSecret = app.setupLink?.split('#secret=')[1] ?? '';
    const root = {
      secret: setupSecret,
      username: 'root',
      email: 'root@example.org',
      password: GOOD_PASSWORD,
      transport: 'token',
    };
    expect(await call(app, '/api/setup', { body: root })).toMatchObject({ status: 201 });
    await call(app, '/api/auth/logout', { body: {}, cookie: browser.cookie });

    const text = (await storedText(app)) + app.logText();
    const macOf = (token: unknown): string => String(token).split('.')[2] ?? '';
    const tokens = [
      ada.refreshToken,
      next['refreshToken'],
      browser.cookie,
      ada.accessToken,
      browser.accessToken,
      next['accessToken'],
    ];
    const passwords = [GOOD_PASSWORD, OTHER_PASSWORD, mistyped, 'wrong password of ada 99', 'not the current one 55'];
    for (const secret of [...tokens.map(macOf), ...passwords, setupSecret, app.config.appSecret, 'PRIVATE KEY']) {
      expect(secret.length).toBeGreaterThan(10);
      expect(text).not.toContain(secret);
    }
  });
});
