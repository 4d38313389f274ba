import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import { storedText } from '../../testing/database-state.ts';
import {
  call,
  createFrozenClock,
  signIn,
  readEvents,
  refreshBy,
  refusal,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';

const sidOf = (refreshToken: unknown): string => String(refreshToken).split('.')[0] ?? '';

const readSession = (app: TestApplication, refreshToken: unknown) =>
  app.database.read.selectFrom('sessions').selectAll().where('id', '=', sidOf(refreshToken)).executeTakeFirstOrThrow();

describeEachApplication('refresh', ({ start }) => {
  it('SE-02 gives a new refresh token, and an access token that works', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const first = await refreshBy(app, ada.refreshToken);
    expect(first).toMatchObject({ status: 200, body: { tokenType: 'Bearer', expiresIn: 300, user: ada.user } });
    expect(first.body['refreshToken']).not.toBe(ada.refreshToken);
    expect(first.body['accessToken']).not.toBe(ada.accessToken);
    expect(await whoAmI(app, first.body['accessToken'])).toMatchObject({
      status: 200,
      body: { user: { username: 'ada' } },
    });
    expect(await refreshBy(app, first.body['refreshToken'])).toMatchObject({ status: 200 });
  });

  it('SE-01 is made of 256 bits that are stored nowhere', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const next = await refreshBy(app, ada.refreshToken);
    const stored = await storedText(app);
    for (const token of [ada.refreshToken, String(next.body['refreshToken'])]) {
      const mac = token.split('.')[2] ?? '';
      expect(Buffer.from(mac, 'base64url')).toHaveLength(32);
      expect(stored).not.toContain(mac);
      expect(app.logText()).not.toContain(mac);
    }
    // The whole row is not enough: under another secret it makes another token.
    const other = await start({ config: { appSecret: 'Another1SecretOfTheSameLength9QwErTzUiOp' } });
    await other.database.transaction(async (tx) => {
      const user = await app.database.read.selectFrom('users').selectAll().executeTakeFirstOrThrow();
      await tx.query.insertInto('users').values(user).execute();
      await tx.query
        .insertInto('sessions')
        .values(await readSession(app, ada.refreshToken))
        .execute();
    });
    expect(await refreshBy(other, next.body['refreshToken'])).toMatchObject(refusal('invalid-token'));
    expect(await refreshBy(app, next.body['refreshToken'])).toMatchObject({ status: 200 });
  });

  it('looks at the refresh token, whatever old access token a client sends beside it', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    for (const token of ['stale', ada.accessToken]) {
      const answer = await call(app, '/api/auth/refresh', { body: { refreshToken: ada.refreshToken }, token });
      expect(answer, token).toMatchObject({ status: 200 });
    }
    const forged = await call(app, '/api/auth/refresh', { body: { refreshToken: 'x' }, token: ada.accessToken });
    expect(forged, 'a good access token is no refresh token').toMatchObject({ status: 401 });
  });

  it('SE-03 ends the session, and no other, when an old token comes after the grace', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const elsewhere = await signIn(app, 'ada');
    const next = await refreshBy(app, ada.refreshToken);
    app.clock.advance(10_001);
    const stolen = await Promise.all(Array.from({ length: 5 }, () => refreshBy(app, ada.refreshToken)));
    for (const answer of stolen) expect(answer).toMatchObject(refusal('invalid-token'));
    expect(await refreshBy(app, next.body['refreshToken'])).toMatchObject(refusal('invalid-token'));
    expect(await whoAmI(app, next.body['accessToken'])).toMatchObject(refusal('invalid-token'));
    expect(await whoAmI(app, ada.accessToken)).toMatchObject(refusal('invalid-token'));
    expect(await whoAmI(app, elsewhere.accessToken)).toMatchObject({ status: 200 });
    expect(await refreshBy(app, elsewhere.refreshToken)).toMatchObject({ status: 200 });
    expect(await readEvents(app, 'authn_token_reuse')).toMatchObject([
      {
        actor_type: 'anonymous',
        target_type: 'user',
        target_id: ada.user.id,
        session_id: sidOf(ada.refreshToken),
        address: '127.0.0.1',
        request_id: expect.stringMatching(/./),
        details: { counter: 0 },
      },
    ]);
  });

  it('SE-04 gives the direct predecessor the same successor again, for ten seconds and no longer', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock });
    const ada = await signUp(app, 'ada');
    const next = await refreshBy(app, ada.refreshToken);
    for (const wait of [0, 4_000, 5_000, 1_000]) {
      clock.advance(wait);
      const again = await refreshBy(app, ada.refreshToken);
      expect(again).toMatchObject({ status: 200, body: { refreshToken: next.body['refreshToken'] } });
      expect(await whoAmI(app, again.body['accessToken'])).toMatchObject({ status: 200 });
    }
    expect(await readSession(app, ada.refreshToken)).toMatchObject({ counter: 1, terminated_at: null });
    clock.advance(1);
    expect(await refreshBy(app, ada.refreshToken)).toMatchObject(refusal('invalid-token'));
    expect(await refreshBy(app, next.body['refreshToken'])).toMatchObject(refusal('invalid-token'));
    expect(await readSession(app, ada.refreshToken)).toMatchObject({
      counter: 1,
      terminated_reason: 'refresh-token-reuse',
    });
  });

  it('SE-04, SE-05 ends the session for an older one than the direct predecessor, also within the same millisecond', async () => {
    const app = await start({ clock: createFrozenClock() });
    const ada = await signUp(app, 'ada');
    const second = await refreshBy(app, ada.refreshToken);
    const third = await refreshBy(app, second.body['refreshToken']);
    const again = await refreshBy(app, second.body['refreshToken']);
    expect(again.body['refreshToken']).toBe(third.body['refreshToken']);
    expect(await refreshBy(app, ada.refreshToken)).toMatchObject(refusal('invalid-token'));
    expect(await refreshBy(app, third.body['refreshToken'])).toMatchObject(refusal('invalid-token'));
    expect(await whoAmI(app, third.body['accessToken'])).toMatchObject(refusal('invalid-token'));
  });

  it('takes a counter ahead of the database, as after a restore, for a plain refusal', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const second = await refreshBy(app, ada.refreshToken);
    const third = await refreshBy(app, second.body['refreshToken']);
    await app.database.transaction((tx) =>
      tx.query.updateTable('sessions').set({ counter: 0, rotated_at: null }).execute(),
    );
    for (const { body } of [third, second])
      expect(await refreshBy(app, body['refreshToken'])).toMatchObject(refusal('invalid-token'));
    expect(await readSession(app, ada.refreshToken)).toMatchObject({ counter: 0, terminated_at: null });
    expect(await readEvents(app, 'authn_token_reuse')).toEqual([]);
    expect(await whoAmI(app, third.body['accessToken'])).toMatchObject({ status: 200 });
    expect(await refreshBy(app, ada.refreshToken)).toMatchObject({ status: 200 });
  });

  it('ends nothing for a forged token, whatever session it names', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const eve = await signUp(app, 'eve');
    const next = await refreshBy(app, ada.refreshToken);
    app.clock.advance(60_000);
    const [sid = '', , mac = ''] = ada.refreshToken.split('.');
    const evesMac = eve.refreshToken.split('.')[2] ?? '';
    const flipped = (mac.startsWith('A') ? 'B' : 'A') + mac.slice(1);
    const forged = [
      `${sid}.0.${flipped}`,
      `${sid}.0.${evesMac}`,
      `${sid}.1.${mac}`,
      `${sid}.00.${mac}`,
      `${sid.toUpperCase()}.0.${mac}`,
      `${sid}.0.${mac}=`,
      `${sid}.0.${mac} `,
      `${sid}.-1.${mac}`,
      `${sid}.9007199254740993.${mac}`,
      `${sid}.0`,
      `0198c0de-0000-7000-8000-000000000000.0.${mac}`,
      ada.accessToken.slice(0, 500),
      '',
      "' or 1=1 --",
    ];
    for (const token of forged) expect(await refreshBy(app, token), token).toMatchObject(refusal('invalid-token'));
    expect(await refreshBy(app, 'x'.repeat(513))).toMatchObject(refusal('invalid-input'));
    expect(await readEvents(app, 'authn_token_reuse')).toEqual([]);
    expect(await refreshBy(app, next.body['refreshToken'])).toMatchObject({ status: 200 });
  });

  it('LG-11 gives a disabled user nothing, and nothing back when they are enabled', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    await app.userAdministration.disable('ada', { type: 'system' });
    expect(await refreshBy(app, ada.refreshToken)).toMatchObject(refusal('invalid-token'));
    await app.userAdministration.enable('ada', { type: 'system' });
    expect(await refreshBy(app, ada.refreshToken)).toMatchObject(refusal('invalid-token'));
    expect(await whoAmI(app, ada.accessToken)).toMatchObject(refusal('invalid-token'));
    expect(await readEvents(app, 'authn_token_reuse')).toEqual([]);
    await signIn(app, 'ada');
  });

  it('refuses a request without a refresh token', async () => {
    const app = await start();
    const answer = await call(app, '/api/auth/refresh', { body: {}, headers: { 'Sec-Fetch-Site': 'same-origin' } });
    expect(answer).toMatchObject(refusal('invalid-token'));
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });
});
