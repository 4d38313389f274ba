import { expect, it } from 'vitest';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  createFrozenClock,
  signInByCookie,
  refreshBy,
  refreshByCookie,
  refusal,
  cookieOf,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';

/** Of the session cookie that an answer sets. */
function maxAgeOf(answer: Answer): number {
  const cookie = answer.headers.getSetCookie().find((text) => text.startsWith('__Host-gatehouse-session='));
  return Number(/; Max-Age=(\d+)(?:;|$)/.exec(cookie ?? '')?.[1]);
}

const SECOND = 1000;
const DAY = 86_400 * SECOND;

describeEachApplication('the ends of a session', ({ start }) => {
  it('SE-07 ends after seven idle days, and not a moment before', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock });
    const ada = await signUp(app, 'ada');
    clock.advance(7 * DAY - 1);
    const next = await refreshBy(app, ada.refreshToken);
    expect(next.status).toBe(200);
    clock.advance(7 * DAY);
    expect(await refreshBy(app, next.body['refreshToken'])).toMatchObject(refusal('invalid-token'));
    expect(await whoAmI(app, next.body['accessToken'])).toMatchObject(refusal('invalid-token'));
    // It is over, not stolen: nothing is ended or told for it.
    expect(await app.database.read.selectFrom('sessions').select('terminated_at').execute()).toEqual([
      { terminated_at: null },
    ]);
  });

  it('SE-07, SE-12 ends thirty days after sign-in, however often it is renewed, and its cookie with it', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock });
    await signUp(app, 'ada');
    let { cookie, accessToken } = await signInByCookie(app, 'ada');
    for (let day = 6; day < 30; day += 6) {
      clock.advance(6 * DAY);
      const answer = await refreshByCookie(app, cookie);
      expect(answer.status).toBe(200);
      expect(maxAgeOf(answer)).toBe((30 - day) * 86_400);
      cookie = cookieOf(answer);
    }
    clock.advance(6 * DAY - SECOND);
    const last = await refreshByCookie(app, cookie);
    expect(last).toMatchObject({ status: 200, body: { expiresIn: 300 } });
    expect(maxAgeOf(last)).toBe(1);
    ({ cookie, accessToken } = { cookie: cookieOf(last), accessToken: String(last.body['accessToken']) });
    expect(await whoAmI(app, accessToken)).toMatchObject({ status: 200 });
    clock.advance(SECOND);
    // The token would live four minutes longer, and its session is known to this process: it is over all the same.
    expect(await whoAmI(app, accessToken)).toMatchObject(refusal('invalid-token'));
    expect(await refreshByCookie(app, cookie)).toMatchObject(refusal('invalid-token'));
  });

  it('says what it will do: both ends, moved and not moved by a renewal', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock, config: { sessionIdleSeconds: 3600, sessionAbsoluteSeconds: 7200 } });
    const begun = clock.now();
    const ada = await signUp(app, 'ada');
    clock.advance(60_000);
    const next = await refreshBy(app, ada.refreshToken);
    const me = await whoAmI(app, next.body['accessToken']);
    const iso = (at: number) => new Date(at).toISOString();
    expect(me.body['session']).toEqual({
      id: ada.refreshToken.split('.')[0],
      transport: 'token',
      createdAt: iso(begun),
      lastUsedAt: iso(begun + 60_000),
      idleExpiresAt: iso(begun + 60_000 + 3_600_000),
      absoluteExpiresAt: iso(begun + 7_200_000),
      address: '127.0.0.1',
      userAgent: 'node',
    });
  });
});
