// Rolling deploys and upgrades: what release 0.1.0 wrote and handed out still works, and a changed copy of it does not.
import { expect, it } from 'vitest';
import type { Config } from '../config/index.ts';
import { alterationsOf } from './altered.ts';
import { databaseState } from './database-state.ts';
import { release010, rowOf, startOnRelease010 } from './earlier-release.ts';
import { call, cookieOf, GOOD_PASSWORD, refreshBy, refreshByCookie, refusal, signUp, whoAmI } from './personas.ts';
import { describeEachApplication } from './start-application.ts';
import type { TestApplication } from './start-application.ts';
import { expectThrottled, lanesOf, signInRight, signInWrong } from './throttled-sign-ins.ts';
import { decode } from './tokens.ts';

const { accessToken, refreshToken, refreshTokenBefore, sessionCookie, deviceCookie, operatorToken } = release010;
const { setupSecret, appSecret } = release010;

const valueOf = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1);
const nameOf = (cookie: string): string => cookie.slice(0, cookie.indexOf('='));

/** The secret of that release as today's, and as the one before today's. */
const secrets: [string, Partial<Config>][] = [
  ['under the same secret', {}],
  [
    'after a change of the secret',
    { appSecret: 'Nw7LrQ2bVx9KsTf4HjYc6MgPd1EaZu8RoWi3BkXn', appSecretPrevious: [appSecret] },
  ],
];

/** Each of them is refused, and none leaves a trace. */
async function expectRefused(
  app: TestApplication,
  texts: readonly string[],
  act: (text: string) => Promise<unknown>,
  problem: 'invalid-token' | 'invalid-setup-secret' | 'throttled' = 'invalid-token',
): Promise<void> {
  const before = await databaseState(app);
  for (const text of texts) expect(await act(text), text).toMatchObject(refusal(problem));
  expect(await databaseState(app)).toEqual(before);
}

const limits = (app: TestApplication, token: string, headers: Record<string, string> = {}) =>
  call(app, '/api/limits', { token, headers });

const setUp = (app: TestApplication, secret: string) =>
  call(app, '/api/setup', {
    body: { secret, username: 'grace', email: 'grace@example.org', password: GOOD_PASSWORD, transport: 'token' },
  });

for (const [how, config] of secrets)
  describeEachApplication(`what release 0.1.0 left behind, ${how}`, ({ start }) => {
    it('an access token says who calls, until it has expired', async () => {
      const app = await startOnRelease010(start, config);
      expect(await whoAmI(app, accessToken)).toMatchObject({
        status: 200,
        body: { user: { id: rowOf('users', ({ username }) => username === 'ada').id, roles: ['user'] } },
      });
      await expectRefused(app, alterationsOf(accessToken), (token) => whoAmI(app, token));
      await expectRefused(app, [refreshToken, valueOf(deviceCookie)], (token) => whoAmI(app, token));
      app.clock.advance(300_000);
      expect(await whoAmI(app, accessToken)).toMatchObject(refusal('invalid-token'));
    });

    it('a refresh token renews its session, once', async () => {
      const app = await startOnRelease010(start, config);
      await expectRefused(app, alterationsOf(refreshToken), (token) => refreshBy(app, token));
      const [sid] = refreshToken.split('.');
      const renewed = await refreshBy(app, refreshToken);
      expect(renewed).toMatchObject({ status: 200, body: { user: { username: 'ada' } } });
      expect(renewed.body['refreshToken']).toMatch(new RegExp(String.raw`^${sid}\.2\.[\w-]{43}$`));
      expect(await whoAmI(app, renewed.body['accessToken'])).toMatchObject({ status: 200 });
      app.clock.advance(10_001);
      expect(await refreshBy(app, refreshToken), 'an old one ends the session').toMatchObject(refusal('invalid-token'));
      expect(await refreshBy(app, renewed.body['refreshToken'])).toMatchObject(refusal('invalid-token'));
    });

    it('a session cookie renews its session, and is of no use as a program’s token', async () => {
      const app = await startOnRelease010(start, config);
      await expectRefused(app, alterationsOf(valueOf(sessionCookie)), (token) =>
        refreshByCookie(app, `${nameOf(sessionCookie)}=${token}`),
      );
      await expectRefused(app, [valueOf(sessionCookie)], (token) => refreshBy(app, token));
      const renewed = await refreshByCookie(app, sessionCookie);
      expect(renewed).toMatchObject({ status: 200, body: { user: { username: 'ada' } } });
      expect(nameOf(cookieOf(renewed))).toBe(nameOf(sessionCookie));
    });

    it('the sealed keys are opened: published as they were, and signing', async () => {
      const app = await startOnRelease010(start, config);
      const keys = release010.rows.signing_keys?.map((row) => JSON.parse(row.public_jwk) as unknown);
      expect((await call(app, '/.well-known/jwks.json')).body).toEqual({ keys });
      const grace = await signUp(app, 'grace');
      const current = rowOf('signing_keys', ({ state }) => state === 'current').kid;
      expect(decode(grace.accessToken.split('.')[0] ?? '')).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: current });
      expect(await whoAmI(app, grace.accessToken)).toMatchObject({ status: 200 });
    });

    it('an operator token opens the limits, on this machine, for a minute', async () => {
      const app = await startOnRelease010(start, config);
      expect(await limits(app, operatorToken)).toMatchObject({ status: 200 });
      await expectRefused(app, alterationsOf(operatorToken), (token) => limits(app, token));
      expect(await limits(app, operatorToken, { 'X-Forwarded-For': '203.0.113.9' })).toMatchObject(
        refusal('invalid-token'),
      );
      app.clock.advance(60_000);
      expect(await limits(app, operatorToken)).toMatchObject(refusal('invalid-token'));
    });

    it('a set-up secret makes one administrator', async () => {
      const app = await startOnRelease010(start, config);
      const altered = alterationsOf(setupSecret).filter((text) => /^[\w-]{43}$/.test(text));
      expect(altered.length).toBeGreaterThan(2);
      await expectRefused(app, altered, (text) => setUp(app, text), 'invalid-setup-secret');
      expect(await setUp(app, setupSecret)).toMatchObject({ status: 201, body: { user: { roles: ['admin'] } } });
      await expectRefused(app, [setupSecret], (text) => setUp(app, text), 'invalid-setup-secret');
    });

    it('LG-05 a device cookie is recognised: no stranger stands in its way', async () => {
      const app = await startOnRelease010(start, config);
      for (let failure = 0; failure < 5; failure += 1) await signInWrong(app, 'ada');
      expect(await signInRight(app, 'ada'), 'the strangers wait').toMatchObject(refusal('throttled'));
      await expectRefused(
        app,
        alterationsOf(valueOf(deviceCookie)),
        (text) => signInRight(app, 'ada', { device: `${nameOf(deviceCookie)}=${text}` }),
        'throttled',
      );
      const known = await signInRight(app, 'ada', { device: deviceCookie });
      expect(known).toMatchObject({ status: 200 });
      const [, , deviceId] = valueOf(deviceCookie).split('.');
      expect(valueOf(cookieOf(known, 'device')).split('.')[2], 'the browser keeps its id').toBe(deviceId);
    });
  });

describeEachApplication('what release 0.1.0 would have written at the same moment', ({ start }) => {
  it('SE-04 the successor of a refresh token is the same text from either release', async () => {
    const app = await startOnRelease010(start);
    expect(await refreshBy(app, refreshTokenBefore)).toMatchObject({ status: 200, body: { refreshToken } });
  });

  it('LG-05 the device cookie is the same text from either release', async () => {
    const app = await startOnRelease010(start);
    expect(cookieOf(await signInRight(app, 'ada', { device: deviceCookie }), 'device')).toBe(deviceCookie);
  });

  it('LG-05 failed sign-ins are counted on, each in its own lane', async () => {
    const app = await startOnRelease010(start);
    expectThrottled(await signInRight(app, 'ada'), 30);
    expectThrottled(await signInWrong(app, 'Nobody@example.org'), 30);
    expect(await signInWrong(app, 'ada', { device: deviceCookie })).toMatchObject(refusal('invalid-credentials'));
    const before = release010.rows.log_in_lanes ?? [];
    const counted = before.map((lane) => (lane.kind === 'device' ? { ...lane, failures: 3, in_row: 3 } : lane));
    const byKey = (one: { key: string }, other: { key: string }): number => (one.key < other.key ? -1 : 1);
    expect((await lanesOf(app)).toSorted(byKey)).toEqual(counted.toSorted(byKey));
  });

  it('the number of the secret and the keys sealed under it are left as they are', async () => {
    const app = await startOnRelease010(start);
    const stored = {
      signing_keys: await app.database.read.selectFrom('signing_keys').selectAll().orderBy('kid').execute(),
      app_secrets_seen: await app.database.read.selectFrom('app_secrets_seen').selectAll().execute(),
    };
    const { signing_keys, app_secrets_seen } = release010.rows;
    expect(stored).toEqual({
      signing_keys: signing_keys?.toSorted((one, other) => (one.kid < other.kid ? -1 : 1)),
      app_secrets_seen,
    });
  });
});
