import { expect, it } from 'vitest';
import { call, logIn, signUp } from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';

describeEachApplication('refresh', ({ start }) => {
  it('SE-02 gives a new refresh token, and an access token that works', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const first = await call(app, '/api/auth/refresh', { body: { refreshToken: ada.refreshToken } });
    expect(first.status).toBe(200);
    expect(first.body['refreshToken']).not.toBe(ada.refreshToken);
    const me = await call(app, '/api/auth/me', { token: String(first.body['accessToken']) });
    expect(me).toMatchObject({ status: 200, body: { user: { username: 'ada' } } });
  });

  it('SE-03 ends the session, and no other, when an old token comes after the grace', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const elsewhere = await logIn(app, 'ada');
    const next = await call(app, '/api/auth/refresh', { body: { refreshToken: ada.refreshToken } });
    app.clock.advance(10_001);
    const stolen = await call(app, '/api/auth/refresh', { body: { refreshToken: ada.refreshToken } });
    expect(stolen).toMatchObject({ status: 401, body: { type: 'urn:gatehouse:problem:invalid-token' } });
    expect(await call(app, '/api/auth/refresh', { body: { refreshToken: next.body['refreshToken'] } })).toMatchObject({
      status: 401,
    });
    expect(await call(app, '/api/auth/me', { token: String(next.body['accessToken']) })).toMatchObject({ status: 401 });
    expect(await call(app, '/api/auth/me', { token: elsewhere.accessToken })).toMatchObject({ status: 200 });
  });
});
