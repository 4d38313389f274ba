// What an operator sees of the counts and may do with them, and when they go by themselves.
import { expect, it } from 'vitest';
import { createFrozenClock, signInByCookie, signUp } from '../../testing/personas.ts';
import { describeEachApplication, TEST_SECRET } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';
import {
  DAY,
  expectThrottled,
  fail,
  lanesOf,
  signInRight,
  signInWrong,
  MINUTE,
} from '../../testing/throttled-sign-ins.ts';

type Which = Parameters<TestApplication['signInThrottle']['release']>[1];

const release = (app: TestApplication, which: Which): Promise<number> =>
  app.database.transaction((tx) => app.signInThrottle.release(tx, which));

describeEachApplication('the counts of failed sign-ins', ({ start }) => {
  it('are listed while they block, those that wait longest first, and without the name that was typed', async () => {
    const app = await start({ clock: createFrozenClock() });
    const ada = await signUp(app, 'ada');
    const { device } = await signInByCookie(app, 'ada');
    for (let failures = 0; failures < 100; failures += 1) {
      await fail(app, 'ada', 1);
      app.clock.advance(15 * MINUTE);
    }
    await fail(app, 'bob', 4);
    await fail(app, 'nobody', 5);
    app.clock.advance(1);
    await fail(app, 'ada', 5, { device });
    const now = app.clock.now();
    const listed = await app.signInThrottle.listBlocked(10);
    const anyKey = { key: expect.stringMatching(/^[\w-]{22}$/) as unknown };
    expect(listed).toEqual([
      {
        ...anyKey,
        userId: ada.user.id,
        kind: 'strangers',
        failures: 1,
        inRow: 100,
        blockedUntil: null,
        lastFailedAt: now - 15 * MINUTE - 1,
      },
      {
        ...anyKey,
        userId: ada.user.id,
        kind: 'device',
        failures: 5,
        inRow: 5,
        blockedUntil: now + 30_000,
        lastFailedAt: now,
      },
      {
        ...anyKey,
        userId: null,
        kind: 'strangers',
        failures: 5,
        inRow: 5,
        blockedUntil: now + 29_999,
        lastFailedAt: now - 1,
      },
    ]);
    expect(new Set(listed.map(({ key }) => key)).size).toBe(3);
    expect(await app.signInThrottle.listBlocked(1)).toEqual(listed.slice(0, 1));
    app.clock.advance(30_000);
    expect(await app.signInThrottle.listBlocked(10)).toEqual(listed.slice(0, 1));
  });

  it('can be released: of an account with all its devices, of a name that is no account’s, or one alone', async () => {
    const app = await start({ clock: createFrozenClock() });
    const ada = await signUp(app, 'ada');
    const { device } = await signInByCookie(app, 'ada');
    const block = async (): Promise<void> => {
      await fail(app, 'ada', 5);
      await fail(app, 'ada', 5, { device });
    };
    await block();
    await fail(app, 'nobody', 5);
    await fail(app, 'somebody', 5);
    expect(await release(app, { userId: ada.user.id })).toBe(2);
    expect(await release(app, { userId: ada.user.id })).toBe(0);
    expect(await signInRight(app, 'ada')).toMatchObject({ status: 200 });
    await block();
    const [own] = (await app.signInThrottle.listBlocked(10)).filter(({ kind }) => kind === 'device');
    expect(await release(app, { key: own?.key ?? '' })).toBe(1);
    expectThrottled(await signInRight(app, 'ada'), 30);
    expect(await signInRight(app, 'ada', { device })).toMatchObject({ status: 200 });
    expect(await release(app, { identifier: ' NOBODY ' })).toBe(1);
    await fail(app, 'nobody', 1);
    expectThrottled(await signInWrong(app, 'somebody'), 30);

    const config = { appSecret: 'Nw7LrQ2bVx9KsTf4HjYc6MgPd1EaZu8RoWi3BkXn', appSecretPrevious: [TEST_SECRET] };
    const renewed = await start({ url: app.config.databaseUrl, clock: app.clock, config });
    expect(await release(renewed, { identifier: 'somebody' })).toBe(1);
  });

  it('go 30 days after the last failure, whether there is an account or not', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    for (const name of ['ada', 'nobody']) await fail(app, name, 4);
    const left = async (): Promise<number> => {
      await app.doChores();
      return (await lanesOf(app)).length;
    };
    app.clock.advance(30 * DAY);
    expect(await left()).toBe(2);
    app.clock.advance(1);
    expect(await left()).toBe(0);
  });
});
