import { expect, it } from 'vitest';
import { call, signUp } from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';

const DAY = 24 * 60 * 60 * 1000;

describeEachApplication('sessions that ended long ago', ({ start }) => {
  it('are removed 30 days after their end, and live ones never', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const count = async (): Promise<number> =>
      (await app.database.read.selectFrom('sessions').select('id').execute()).length;

    app.clock.advance(59 * DAY);
    const grace = await signUp(app, 'grace');
    expect(await app.doChores()).toMatchObject({ 'sessions that ended long ago': 0 });
    expect(await count()).toBe(2);

    app.clock.advance(1 * DAY + 1_000);
    expect(await app.doChores()).toMatchObject({ 'sessions that ended long ago': 1 });
    expect(await count()).toBe(1);
    expect(await call(app, '/api/auth/refresh', { body: { refreshToken: grace.refreshToken } })).toMatchObject({
      status: 200,
    });
  });
});
