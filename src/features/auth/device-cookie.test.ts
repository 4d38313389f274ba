import { expect, it } from 'vitest';
import {
  call,
  cookieOf,
  createFrozenClock,
  GOOD_PASSWORD,
  signInByCookie,
  OTHER_PASSWORD,
  readEvents,
  refreshByCookie,
  refusal,
  signUp,
} from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { describeEachApplication, TEST_SECRET } from '../../testing/start-application.ts';
import {
  DAY,
  expectThrottled,
  fail,
  HOUR,
  lanesOf,
  signInRight,
  signInWrong,
  MINUTE,
  SECOND,
  tryLogIn,
} from '../../testing/throttled-sign-ins.ts';

const NAME = '__Host-gatehouse-device';
const NEW_SECRET = 'Nw7LrQ2bVx9KsTf4HjYc6MgPd1EaZu8RoWi3BkXn';
const sameOrigin = { 'Sec-Fetch-Site': 'same-origin' };

const entriesOf = (device: string): string[] => device.slice(NAME.length + 1).split('~');
const deviceIdsOf = (device: string) => entriesOf(device).map((entry) => entry.split('.')[2]);

/** The device cookie after the right password. */
const deviceAfter = (answer: Answer): string => {
  expect(answer).toMatchObject({ status: 200 });
  return cookieOf(answer, 'device');
};

describeEachApplication('a known device', ({ start }) => {
  it('LG-05 is remembered by each way in of a browser, in a cookie that no script, site or path can read', async () => {
    const app = await start({ clock: createFrozenClock() });
    const person = { username: 'ada', email: 'ada@example.org', password: GOOD_PASSWORD, transport: 'cookie' };
    const root = {
      ...person,
      username: 'root',
      email: 'root@example.org',
      secret: app.setupLink?.split('#secret=')[1],
    };
    const signIn = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' };
    for (const [path, body] of [
      ['/api/auth/register', person],
      ['/api/setup', root],
      ['/api/auth/login', signIn],
    ] as const) {
      const answer = await call(app, path, { body, headers: sameOrigin });
      const cookies = answer.headers.getSetCookie();
      expect(cookies, path).toHaveLength(2);
      const [pair = '', ...attributes] = cookies.find((text) => text.startsWith(NAME))?.split('; ') ?? [];
      expect(pair).toMatch(/^__Host-gatehouse-device=[0-9a-f]{8}\.[\w-]{22}\.[\w-]{22}\.\d{10}\.[\w-]{43}$/);
      expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=31536000', 'Path=/', 'SameSite=Strict', 'Secure']);
      expect(pair).not.toContain((answer.body['user'] as { id: string }).id);
      expect(await refreshByCookie(app, cookieOf(answer))).toMatchObject({ status: 200 });
    }
  });

  it('LG-05 is not touched by what does not sign a browser in', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const { cookie, device } = await signInByCookie(app, 'ada');
    const both = `${cookie}; ${device}`;
    const byToken = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' };
    const answers = [
      await call(app, '/api/auth/login', { body: byToken, cookie: both }),
      await signInWrong(app, 'ada', { device }),
      await refreshByCookie(app, both),
      await call(app, '/api/auth/logout', { body: {}, cookie: both }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 204]);
    for (const { headers } of answers)
      expect(headers.getSetCookie().filter((text) => text.startsWith(NAME))).toEqual([]);
  });

  it('LG-05 lets the owner in while strangers are kept waiting, and they wait on', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    const { device } = await signInByCookie(app, 'ada');
    await fail(app, 'ada', 5);
    expectThrottled(await signInRight(app, 'ada'), 30);
    expect(await signInRight(app, 'ADA@example.org', { device })).toMatchObject({ status: 200 });
    expectThrottled(await signInRight(app, 'ada'), 30);
    app.clock.advance(30 * SECOND);
    await fail(app, 'ada', 1);
    expectThrottled(await signInRight(app, 'ada'), 60);
    expect(await signInRight(app, 'ada', { device })).toMatchObject({ status: 200 });
  });

  it('LG-05 fails in a lane of its own, under the same rules', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    const { device } = await signInByCookie(app, 'ada');
    await fail(app, 'ada', 5, { device });
    expectThrottled(await signInRight(app, 'ada', { device }), 30);
    expect((await readEvents(app, 'authn_login_lock')).map(({ details }) => details)).toEqual([
      { waitSeconds: 30, failuresInRow: 5, lane: 'device' },
    ]);
    // Neither another device nor the strangers have failed.
    const other = await signInByCookie(app, 'ada');
    expectThrottled(await signInRight(app, 'ada', { device }), 30);
    app.clock.advance(30 * SECOND);
    expect(await signInRight(app, 'ada', { device })).toMatchObject({ status: 200 });
    expect(deviceIdsOf(other.device)).not.toEqual(deviceIdsOf(device));
    expect(await lanesOf(app)).toEqual([]);
  });

  it('LG-03 LG-05 opens the account that strangers have closed by 100 failures in a row', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    const { device } = await signInByCookie(app, 'ada');
    for (let failures = 0; failures < 99; failures += 1) {
      await fail(app, 'ada', 1);
      app.clock.advance(15 * MINUTE);
    }
    await fail(app, 'ada', 1);
    expectThrottled(await signInRight(app, 'ada'), 3600);
    expect(await signInRight(app, 'ada', { device })).toMatchObject({ status: 200 });
    // The wait after the last failure stays.
    app.clock.advance(HOUR - 1);
    expectThrottled(await signInRight(app, 'ada'), 1);
    app.clock.advance(1);
    await fail(app, 'ada', 1);
    expect(await lanesOf(app)).toMatchObject([{ kind: 'strangers', in_row: 1 }]);
  });

  it('LG-05 is of no help to anybody else: foreign, forged, cut, old, or sent by a program', async () => {
    const app = await start({ clock: createFrozenClock() });
    for (const name of ['ada', 'bob']) await signUp(app, name);
    const { device } = await signInByCookie(app, 'ada');
    const bobs = await signInByCookie(app, 'bob');
    const year = 365 * DAY;
    app.clock.advance(year);
    await fail(app, 'ada', 5);
    expect(await signInWrong(app, 'ada', { device }), 'to the second').toMatchObject(refusal('invalid-credentials'));
    const entry = entriesOf(device)[0] ?? '';
    const parts = entry.split('.');
    const flipped = (text = ''): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    const useless = [
      bobs.device,
      ...[1, 2, 4].map((at) => `${NAME}=${parts.with(at, flipped(parts[at])).join('.')}`),
      `${NAME}=${parts.with(0, '00000000').join('.')}`,
      `${NAME}=${parts.with(3, String(Number(parts[3]) + 1)).join('.')}`,
      `${NAME}=${entry.slice(0, -1)}`,
      `${NAME}=${entry}=`,
      `${NAME}=`,
      `${NAME}=~~~~~${entry}`,
      `${NAME}=%`,
      `gatehouse-device=${entry}`,
    ];
    for (const forged of useless) expectThrottled(await signInRight(app, 'ada', { device: forged }), 30);
    const byToken = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' };
    expectThrottled(await call(app, '/api/auth/login', { body: byToken, cookie: device }), 30);
    const byCookie = { ...byToken, transport: 'cookie' };
    const crossSite = { Cookie: device, 'Sec-Fetch-Site': 'cross-site' };
    expect(await call(app, '/api/auth/login', { body: byCookie, headers: crossSite })).toMatchObject(
      refusal('cross-site-request'),
    );
    app.clock.advance(SECOND);
    expectThrottled(await signInRight(app, 'ada', { device }), 29);
  });

  it('LG-05 keeps its id when it is renewed, and remembers five accounts, the newest first', async () => {
    const app = await start({ clock: createFrozenClock() });
    const names = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay'];
    for (const name of names) await signUp(app, name);
    let device = '';
    const ids = new Map<string, string | undefined>();
    for (const name of names) {
      device = deviceAfter(await signInRight(app, name, { device }));
      ids.set(name, deviceIdsOf(device)[0]);
    }
    const idsOf = (...of: string[]) => of.map((name) => ids.get(name));
    expect(deviceIdsOf(device)).toEqual(idsOf('fay', 'eve', 'dan', 'cyd', 'bob'));
    expect(new Set(ids.values()).size).toBe(6);
    app.clock.advance(200 * DAY);
    const renewed = deviceAfter(await signInRight(app, 'dan', { device }));
    expect(deviceIdsOf(renewed)).toEqual(idsOf('dan', 'fay', 'eve', 'cyd', 'bob'));
    const [, , , foreign = ''] = entriesOf(renewed);
    const spoilt = `${renewed.replace(foreign, `${foreign.slice(0, -43)}${'A'.repeat(43)}`)}~nonsense`;
    app.clock.advance(200 * DAY);
    const cleaned = deviceAfter(await signInRight(app, 'dan', { device: spoilt }));
    expect(deviceIdsOf(cleaned)).toEqual(idsOf('dan'));
    expect(deviceAfter(await signInRight(app, 'ada', { device })), 'forgotten').not.toContain(ids.get('ada'));
  });

  it('LG-05 stays known while APP_SECRET changes, and is renewed under the new one', async () => {
    const before = await start({ clock: createFrozenClock() });
    await signUp(before, 'ada');
    const { device } = await signInByCookie(before, 'ada');
    const { clock, config } = before;
    await before.stop();
    const url = config.databaseUrl;
    const during = await start({ url, clock, config: { appSecret: NEW_SECRET, appSecretPrevious: [TEST_SECRET] } });
    await fail(during, 'ada', 5);
    const renewed = deviceAfter(await signInRight(during, 'ada', { device }));
    expect(deviceIdsOf(renewed)).toEqual(deviceIdsOf(device));
    await during.stop();
    const after = await start({ url, clock, config: { appSecret: NEW_SECRET } });
    expectThrottled(await signInRight(after, 'ada', { device }), 30);
    expect(await signInRight(after, 'ada', { device: renewed })).toMatchObject({ status: 200 });
    expect(await tryLogIn(after, 'ada', OTHER_PASSWORD, { device: renewed })).toMatchObject(
      refusal('invalid-credentials'),
    );
  });
});
