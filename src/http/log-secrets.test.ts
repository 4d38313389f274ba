import { sql } from 'kysely';
import { expect, it } from 'vitest';
import {
  call,
  cookieOf,
  GOOD_PASSWORD,
  signIn,
  OTHER_PASSWORD,
  setUpAdministrator,
  signUp,
} from '../testing/personas.ts';
import { describeEachApplication } from '../testing/start-application.ts';

describeEachApplication('the log of a whole scenario', ({ start }) => {
  it('LO-03 holds none of the secrets that were used in it', async () => {
    const app = await start({ config: { logLevel: 'trace' } });
    const secrets = new Set<string>([
      GOOD_PASSWORD,
      OTHER_PASSWORD,
      app.config.appSecret,
      app.setupLink?.split('#secret=')[1] ?? '',
    ]);
    const learn = (...tokens: string[]): void => {
      for (const token of tokens)
        for (const part of token.split(/[.=]/).filter((text) => text.length > 20)) secrets.add(part);
    };
    const root = await setUpAdministrator(app);
    const ada = await signUp(app, 'ada');
    const again = await signIn(app, 'ada@example.org');
    for (const persona of [root, ada, again]) learn(persona.accessToken, persona.refreshToken);
    const OURS = { 'Sec-Fetch-Site': 'same-origin' };
    const browser = await call(app, '/api/auth/login', {
      body: { identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' },
      headers: OURS,
    });
    const cookie = cookieOf(browser);
    learn(cookie, cookieOf(browser, 'device'), String(browser.body['accessToken']));
    learn(cookieOf(await call(app, '/api/auth/refresh', { body: {}, cookie })));

    const mistyped = 'my secret in the wrong field';
    secrets.add(mistyped);
    await call(app, '/api/auth/login', { body: { identifier: mistyped, password: mistyped, transport: 'token' } });
    await call(app, '/api/auth/login', {
      body: { identifier: 'ada', password: mistyped, transport: mistyped, [mistyped]: 1 },
    });
    await call(app, '/api/auth/login', { body: `{"password":"${mistyped}"` });
    await call(app, '/api/auth/password-strength', { body: { password: mistyped } });
    await call(app, '/api/setup', {
      body: {
        secret: mistyped,
        username: 'eve',
        email: 'eve@example.org',
        password: OTHER_PASSWORD,
        transport: 'token',
      },
    });
    for (const place of [ada.accessToken, ada.refreshToken, mistyped.replaceAll(' ', '%20')]) {
      await call(app, `/api/auth/me?access_token=${place}`);
      await call(app, `/api/auth/${place}`);
      await call(app, '/api/auth/me', {
        token: place,
        headers: { Cookie: place, 'User-Agent': place, 'X-API-Key': place, Origin: place },
      });
      await call(app, '/api/auth/me', { headers: { Authorization: `Basic ${place}` } });
    }
    const refreshed = await call(app, '/api/auth/refresh', { body: { refreshToken: ada.refreshToken } });
    learn(String(refreshed.body['refreshToken']), String(refreshed.body['accessToken']));
    app.clock.advance(11_000);
    await call(app, '/api/auth/refresh', { body: { refreshToken: ada.refreshToken } });
    await call(app, '/api/auth/password', {
      method: 'PATCH',
      token: again.accessToken,
      body: { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD },
    });
    await call(app, '/api/auth/logout', { token: again.accessToken, body: {} });
    for (const { password_hash } of await app.database.read.selectFrom('users').select('password_hash').execute())
      secrets.add(password_hash);
    for (const { private_key_sealed } of await app.database.read
      .selectFrom('signing_keys')
      .select('private_key_sealed')
      .execute())
      secrets.add(private_key_sealed);
    // And in the case that nobody has foreseen, where errors with statements and their parameters are logged.
    await app.database.transaction(
      async (tx) => void (await sql`alter table security_events rename to gone`.execute(tx.query)),
    );
    await call(app, '/api/auth/login', { body: { identifier: 'root', password: GOOD_PASSWORD, transport: 'token' } });
    await call(app, '/api/auth/register', {
      body: { username: 'eve', email: 'eve@example.org', password: OTHER_PASSWORD, transport: 'token' },
    });

    const text = app.logText();
    expect(app.logLines().filter(({ level }) => level === 'error')).toHaveLength(2);
    expect(secrets.size).toBeGreaterThan(20);
    for (const secret of secrets) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(encodeURIComponent(secret));
    }
    for (const word of ['Bearer ', '__Host-', '$2b$', '@example.org', '"ada"', '"eve"'])
      expect(text).not.toContain(word);
  });
});
