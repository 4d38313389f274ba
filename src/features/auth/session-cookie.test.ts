import { expect, it } from 'vitest';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  cookieOf,
  createFrozenClock,
  GOOD_PASSWORD,
  signIn,
  signInByCookie,
  pointersOf,
  refreshBy,
  refreshByCookie,
  refusal,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';

const sameOrigin = { 'Sec-Fetch-Site': 'same-origin' };
const NAME = '__Host-gatehouse-session';

/** The one session cookie of an answer: its value, and its attributes in alphabetical order. */
function readCookie(answer: Answer): { value: string; attributes: string[] } {
  const cookies = answer.headers.getSetCookie().filter((text) => !text.startsWith('__Host-gatehouse-device='));
  expect(cookies).toHaveLength(1);
  const [pair = '', ...attributes] = (cookies[0] ?? '').split('; ');
  expect(pair.split('=')[0]).toBe(NAME);
  expect(cookies[0]?.length).toBeLessThan(4096);
  return { value: pair.slice(NAME.length + 1), attributes: attributes.toSorted() };
}

const ATTRIBUTES = ['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Strict', 'Secure'];

describeEachApplication('the session cookie', ({ start }) => {
  it('SE-12, SE-13, SE-14 carries the refresh token alone, with exactly its attributes, in an answer nobody stores', async () => {
    const app = await start({ clock: createFrozenClock() });
    const person = { username: 'ada', email: 'ada@example.org', password: GOOD_PASSWORD, transport: 'cookie' };
    const secret = app.setupLink?.split('#secret=')[1];
    const registered = await call(app, '/api/auth/register', { body: person, headers: sameOrigin });
    const answers = [
      registered,
      await call(app, '/api/auth/login', {
        body: { identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' },
        headers: sameOrigin,
      }),
      await refreshByCookie(app, cookieOf(registered)),
      await call(app, '/api/setup', {
        body: { ...person, username: 'root', email: 'root@example.org', secret },
        headers: sameOrigin,
      }),
    ];
    for (const answer of answers) {
      expect([200, 201]).toContain(answer.status);
      const { value, attributes } = readCookie(answer);
      expect(value).toMatch(/^[0-9a-f-]{36}\.\d+\.[\w-]{43}$/);
      expect(attributes).toEqual(ATTRIBUTES);
      expect(Object.keys(answer.body).toSorted()).toEqual(['accessToken', 'expiresIn', 'tokenType', 'user']);
      expect(JSON.stringify(answer.body)).not.toContain(value.split('.')[2]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await whoAmI(app, answer.body['accessToken'])).toMatchObject({
        body: { session: { transport: 'cookie' } },
      });
    }
  });

  it('SE-13, SE-14 is not set for programs, whose tokens nobody stores either', async () => {
    const app = await start();
    const person = { username: 'ada', email: 'ada@example.org', password: GOOD_PASSWORD, transport: 'token' };
    const registered = await call(app, '/api/auth/register', { body: person });
    const loggedIn = await call(app, '/api/auth/login', {
      body: { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' },
      headers: sameOrigin,
    });
    const refreshed = await refreshBy(app, registered.body['refreshToken']);
    for (const answer of [registered, loggedIn, refreshed]) {
      expect(answer.body['refreshToken']).toEqual(expect.any(String));
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    const out = await call(app, '/api/auth/logout', { body: {}, token: String(refreshed.body['accessToken']) });
    expect(out.headers.getSetCookie()).toEqual([]);
  });

  it('never mixes with tokens: each opens only by the way it came', async () => {
    const app = await start();
    const program = await signUp(app, 'ada');
    const browser = await signInByCookie(app, 'ada');
    const cookieValue = browser.cookie.slice(NAME.length + 1);
    expect(await refreshBy(app, cookieValue)).toMatchObject(refusal('invalid-token'));
    expect(await refreshByCookie(app, `${NAME}=${program.refreshToken}`)).toMatchObject(refusal('invalid-token'));
    const both = await call(app, '/api/auth/refresh', {
      body: { refreshToken: program.refreshToken },
      cookie: browser.cookie,
    });
    expect(pointersOf(both)).toEqual(['/refreshToken']);
    expect(both.headers.getSetCookie()).toEqual([]);
    const planted = await call(app, '/api/auth/logout', { body: {}, cookie: `${NAME}=${program.refreshToken}` });
    expect(planted).toMatchObject({ status: 204 });
    // Nothing of it ended, rotated or opened anything.
    expect(await refreshBy(app, program.refreshToken)).toMatchObject({ status: 200 });
    expect(await refreshByCookie(app, browser.cookie)).toMatchObject({ status: 200 });
    const asBearer = await whoAmI(app, cookieValue);
    expect(asBearer).toMatchObject(refusal('invalid-token'));
    expect(await call(app, '/api/auth/me', { cookie: browser.cookie })).toMatchObject(refusal('invalid-token'));
  });

  it('is neither set nor used for another site', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const { cookie } = await signInByCookie(app, 'ada');
    const logInBody = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' };
    const hashes = app.hasher.hashCount;
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none' },
      { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://localhost:3000' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      {},
    ] as Record<string, string>[]) {
      const sent = { ...headers, Cookie: cookie };
      const answers = [
        await call(app, '/api/auth/login', { body: logInBody, headers }),
        await call(app, '/api/auth/refresh', { body: {}, headers: sent }),
        await call(app, '/api/auth/logout', { body: {}, headers: sent }),
      ];
      for (const answer of answers) {
        expect(answer, JSON.stringify(headers)).toMatchObject(refusal('cross-site-request'));
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    }
    expect(app.hasher.hashCount).toBe(hashes);
    const byOrigin = { Origin: 'http://localhost:3000', Cookie: cookie };
    expect(await call(app, '/api/auth/refresh', { body: {}, headers: byOrigin })).toMatchObject({ status: 200 });
  });

  it('SE-16 is cleared at sign-out, whichever credential of the browser asks for it', async () => {
    const app = await start();
    await signUp(app, 'ada');
    for (const send of ['cookie', 'bearer', 'both'] as const) {
      const { cookie, accessToken } = await signInByCookie(app, 'ada');
      const out = await call(app, '/api/auth/logout', {
        body: {},
        ...(send !== 'bearer' && { cookie }),
        ...(send !== 'cookie' && { token: accessToken }),
      });
      expect(out.status, send).toBe(204);
      expect(readCookie(out), send).toEqual({ value: '', attributes: ATTRIBUTES.with(1, 'Max-Age=0') });
      expect(await refreshByCookie(app, cookie), send).toMatchObject(refusal('invalid-token'));
      expect(await whoAmI(app, accessToken), send).toMatchObject(refusal('invalid-token'));
    }
    await signIn(app, 'ada');
  });
});
