import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  GOOD_PASSWORD,
  signIn,
  signInByCookie,
  OTHER_PASSWORD,
  pointersOf,
  readEvents,
  refreshBy,
  refreshByCookie,
  refusal,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';

const change = (app: TestApplication, token: string | undefined, fields: object = {}) =>
  call(app, '/api/auth/password', {
    method: 'PATCH',
    token,
    body: { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD, ...fields },
  });

const storedUser = (app: TestApplication) =>
  app.database.read.selectFrom('users').selectAll().where('username', '=', 'ada').executeTakeFirstOrThrow();

describeEachApplication('change of password', ({ start }) => {
  it('PW-13 ends every other session of the account, keeps this one, and touches nobody else', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const eve = await signUp(app, 'eve');
    const elsewhere = await signIn(app, 'ada');
    const browser = await signInByCookie(app, 'ada');
    const changed = await change(app, ada.accessToken);
    expect(changed.status).toBe(204);
    expect(changed.body).toEqual({ text: '' });
    expect(await whoAmI(app, ada.accessToken)).toMatchObject({ status: 200 });
    expect(await refreshBy(app, ada.refreshToken)).toMatchObject({ status: 200 });
    for (const token of [elsewhere.accessToken, browser.accessToken])
      expect(await whoAmI(app, token)).toMatchObject(refusal('invalid-token'));
    expect(await refreshBy(app, elsewhere.refreshToken)).toMatchObject(refusal('invalid-token'));
    expect(await refreshByCookie(app, browser.cookie)).toMatchObject(refusal('invalid-token'));
    expect(await whoAmI(app, eve.accessToken)).toMatchObject({ status: 200 });
    const old = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' };
    expect(await call(app, '/api/auth/login', { body: old })).toMatchObject(refusal('invalid-credentials'));
    await signIn(app, 'ada', OTHER_PASSWORD);
    await signIn(app, 'eve', GOOD_PASSWORD);
    expect(await readEvents(app, 'authn_password_change')).toMatchObject([
      {
        actor_id: ada.user.id,
        target_id: ada.user.id,
        session_id: ada.refreshToken.split('.')[0],
        details: { terminatedSessions: 2 },
      },
    ]);
  });

  it('PW-13 needs the current password, also from a session that is signed in', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const elsewhere = await signIn(app, 'ada');
    const before = await storedUser(app);
    for (const currentPassword of [OTHER_PASSWORD, GOOD_PASSWORD.toUpperCase(), `${GOOD_PASSWORD} `])
      expect(pointersOf(await change(app, ada.accessToken, { currentPassword }))).toEqual(['/currentPassword']);
    expect(pointersOf(await change(app, ada.accessToken, { currentPassword: undefined }))).toEqual([
      '/currentPassword',
    ]);
    expect(await storedUser(app)).toEqual(before);
    expect(await whoAmI(app, elsewhere.accessToken)).toMatchObject({ status: 200 });
    expect(await readEvents(app, 'authn_password_change_fail')).toHaveLength(3);
    expect(await readEvents(app, 'authn_password_change')).toEqual([]);
  });

  it('PW-13 refuses the same password, and one against the rules, leaving everything as it was', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const elsewhere = await signIn(app, 'ada');
    const before = await storedUser(app);
    for (const newPassword of [GOOD_PASSWORD, 'too short', 'ada loves harbours 42'])
      expect(pointersOf(await change(app, ada.accessToken, { newPassword })), newPassword).toEqual(['/newPassword']);
    expect(pointersOf(await change(app, ada.accessToken, { userId: 'x' }))).toEqual(['/userId']);
    expect(await storedUser(app)).toEqual(before);
    expect(await refreshBy(app, elsewhere.refreshToken)).toMatchObject({ status: 200 });
  });

  it('is for who is signed in: a stranger is refused before a password is looked at', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const { cookie } = await signInByCookie(app, 'ada');
    const hashes = app.hasher.hashCount;
    expect(await change(app, undefined)).toMatchObject(refusal('invalid-token'));
    expect(await change(app, undefined, { newPassword: 1 })).toMatchObject(refusal('invalid-token'));
    const body = { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD };
    // The cookie is for renewing only.
    expect(await call(app, '/api/auth/password', { method: 'PATCH', cookie, body })).toMatchObject(
      refusal('invalid-token'),
    );
    expect(app.hasher.hashCount).toBe(hashes);
  });
});
