import { expect, it } from 'vitest';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  signIn,
  signInByCookie,
  readEvents,
  refreshBy,
  refreshByCookie,
  refusal,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';

describeEachApplication('log-out', ({ start }) => {
  it('SE-08 ends this session at the server, its tokens with it, and no other', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const elsewhere = await signIn(app, 'ada');
    const next = await refreshBy(app, ada.refreshToken);
    expect(await call(app, '/api/auth/logout', { body: {}, token: ada.accessToken })).toMatchObject({ status: 204 });
    for (const token of [ada.accessToken, next.body['accessToken']])
      expect(await whoAmI(app, token)).toMatchObject(refusal('invalid-token'));
    for (const token of [ada.refreshToken, next.body['refreshToken']])
      expect(await refreshBy(app, token)).toMatchObject(refusal('invalid-token'));
    expect(await call(app, '/api/auth/logout', { body: {}, token: ada.accessToken })).toMatchObject(
      refusal('invalid-token'),
    );
    expect(await whoAmI(app, elsewhere.accessToken)).toMatchObject({ status: 200 });
    expect(await refreshBy(app, elsewhere.refreshToken)).toMatchObject({ status: 200 });
    expect(await readEvents(app, 'authn_logout')).toMatchObject([
      {
        actor_id: ada.user.id,
        target_id: ada.user.id,
        session_id: ada.refreshToken.split('.')[0],
        details: { reason: 'log-out' },
      },
    ]);
    // What was ended is not stolen.
    expect(await readEvents(app, 'authn_token_reuse')).toEqual([]);
  });

  it('SE-08 ends the session of a browser by its cookie alone, long after its access token has run out', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const browser = await signInByCookie(app, 'ada');
    const other = await signInByCookie(app, 'ada');
    app.clock.advance(3_600_000);
    expect(await call(app, '/api/auth/logout', { body: {}, cookie: browser.cookie })).toMatchObject({ status: 204 });
    expect(await refreshByCookie(app, browser.cookie)).toMatchObject(refusal('invalid-token'));
    expect(await refreshByCookie(app, other.cookie)).toMatchObject({ status: 200 });
    // Signed out already: the same answer, and nothing more is told of it.
    expect(await call(app, '/api/auth/logout', { body: {}, cookie: browser.cookie })).toMatchObject({ status: 204 });
    expect(await readEvents(app, 'authn_logout')).toHaveLength(1);
  });

  it('SE-06 refuses a refresh that had begun before it, and leaves the session as it ended', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const { transaction } = app.database;
    const readSession = () => app.database.read.selectFrom('sessions').selectAll().executeTakeFirstOrThrow();
    let ended: Awaited<ReturnType<typeof readSession>> | undefined;
    // The refresh has read a live session and is about to write when the sign-out comes in between.
    Object.assign(app.database, {
      transaction: async (run: Parameters<typeof transaction>[0]) => {
        Object.assign(app.database, { transaction });
        const out = await call(app, '/api/auth/logout', { body: {}, token: ada.accessToken });
        expect(out).toMatchObject({ status: 204 });
        ended = await readSession();
        return await transaction(run);
      },
    });
    expect(await refreshBy(app, ada.refreshToken)).toMatchObject(refusal('invalid-token'));
    expect(ended).toMatchObject({ counter: 0, terminated_reason: 'log-out' });
    expect(await readSession()).toEqual(ended);
    expect(await readEvents(app, 'authn_token_reuse')).toEqual([]);
  });

  it('ends nothing for a forged cookie or without a credential', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const { cookie } = await signInByCookie(app, 'ada');
    const forged = cookie.replace(/\.[\w-]{42}/, `.${'A'.repeat(42)}`);
    expect(await call(app, '/api/auth/logout', { body: {}, cookie: forged })).toMatchObject({ status: 204 });
    expect(await call(app, '/api/auth/logout', { body: {} })).toMatchObject(refusal('invalid-token'));
    expect(await call(app, '/api/auth/logout', { method: 'GET', cookie })).toMatchObject(refusal('method-not-allowed'));
    expect(await readEvents(app, 'authn_logout')).toEqual([]);
    expect(await refreshByCookie(app, cookie)).toMatchObject({ status: 200 });
  });
});
