import { expect, it } from 'vitest';
import type { Endpoint } from '#contract/endpoint.ts';
import { endpoints } from '#contract/index.ts';
import { databaseState } from '../testing/database-state.ts';
import { GOOD_PASSWORD, OTHER_PASSWORD, signUp } from '../testing/personas.ts';
import { exchange } from '../testing/raw-http.ts';
import type { RawAnswer } from '../testing/raw-http.ts';
import { sampleBody } from '../testing/samples.ts';
import { describeEachApplication } from '../testing/start-application.ts';
import type { TestApplication } from '../testing/start-application.ts';

const OWN = 'https://gate.example.org';
const production = { mode: 'production', publicUrl: OWN, corsOrigins: ['https://app.example.org'] } as const;

const sites = [
  'same-origin',
  'same-site',
  'cross-site',
  'none',
  'Same-Origin',
  'same-origin, cross-site',
  '',
  undefined,
];
const origins = [
  OWN,
  `${OWN}:8443`,
  'http://gate.example.org',
  'https://evil.example',
  'https://gate.example.org.evil.example',
  'https://app.example.org',
  'http://localhost',
  'null',
  '',
  undefined,
];

/** What the browser says of where a request comes from, and whether that is a page of ours. */
const matrix = sites.flatMap((site) =>
  origins.map((origin) => ({
    site,
    origin,
    own: site === 'same-origin' || (site === undefined && origin === OWN),
    fields: [
      ...(site === undefined ? [] : [`Sec-Fetch-Site: ${site}`]),
      ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    ],
  })),
);

const post = (app: TestApplication, path: string, body: object, fields: readonly string[]): Promise<RawAnswer> =>
  exchange(app, `POST ${path}`, ['Content-Type: application/json', ...fields], JSON.stringify(body));

const OURS = ['Sec-Fetch-Site: same-origin'];
const credentials = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' };

async function cookieField(app: TestApplication): Promise<string> {
  const answer = await post(app, '/api/auth/login', credentials, OURS);
  return `Cookie: ${answer.headers['set-cookie']?.split(';')[0] ?? ''}`;
}

const strangers = matrix.filter(({ own }) => !own);
const ours = matrix.filter(({ own }) => own);

const all: readonly Endpoint[] = endpoints;

/** Asks an endpoint as a page does whose browser has the cookies: with a body that it takes, by cookie where that can be chosen. */
function createBrowser(app: TestApplication, secret: string | undefined) {
  let number = 0;
  return (endpoint: Endpoint, fields: readonly string[]): Promise<RawAnswer> => {
    const username = `new-${(number += 1)}`;
    const known = { ...credentials, username, email: `${username}@example.org`, secret, newPassword: OTHER_PASSWORD };
    const body = sampleBody(endpoint, known);
    const line = `${endpoint.method} ${endpoint.path.replaceAll(/:\w+/g, 'unknown-1')}`;
    return body === undefined
      ? exchange(app, line, fields)
      : exchange(app, line, ['Content-Type: application/json', ...fields], JSON.stringify(body));
  };
}

const isCrossSite = ({ json }: RawAnswer): boolean => json['type'] === 'urn:gatehouse:problem:cross-site-request';

const setsCookie = ({ headers }: RawAnswer): boolean => 'set-cookie' in headers;

describeEachApplication('cross-site requests', ({ start }) => {
  it('HT-09 what sets or uses a cookie is refused to every page but our own, on every endpoint, and changes nothing', async () => {
    const app = await start({ config: production });
    const browser = createBrowser(app, app.setupLink?.split('#secret=')[1]);
    await signUp(app, 'ada');
    const cookie = await cookieField(app);
    const before = await databaseState(app);
    const refused = new Set<string>();
    for (const endpoint of all) {
      const withoutCookie = await browser(endpoint, ['Sec-Fetch-Site: cross-site']);
      const asksForPage = isCrossSite(await browser(endpoint, [cookie, 'Sec-Fetch-Site: cross-site']));
      for (const { site, origin, fields } of asksForPage ? strangers : strangers.slice(0, 3)) {
        const answer = await browser(endpoint, [cookie, ...fields]);
        const cell = `${endpoint.name}: Sec-Fetch-Site ${site}, Origin ${origin}`;
        expect(setsCookie(answer), cell).toBe(false);
        if (isCrossSite(answer)) refused.add(endpoint.name);
        else expect(answer.status, `${cell}: as without the cookie`).toBe(withoutCookie.status);
      }
    }
    expect(await databaseState(app)).toEqual(before);

    const served = new Set<string>();
    for (const endpoint of all)
      for (const { site, origin, fields } of ours) {
        const answer = await browser(endpoint, [await cookieField(app), ...fields]);
        const cell = `${endpoint.name}: Sec-Fetch-Site ${site}, Origin ${origin}`;
        expect(isCrossSite(answer), cell).toBe(false);
        if (setsCookie(answer)) served.add(endpoint.name);
      }
    // Whatever a page of our own can do with a cookie is what others are refused.
    expect([...served].toSorted()).toEqual([...refused].toSorted());
    expect(served.size).toBeGreaterThan(3);
  });

  it('HT-09 a set-up that another site tries does not use the secret up', async () => {
    const app = await start({ config: production });
    const secret = app.setupLink?.split('#secret=')[1];
    const body = { secret, username: 'root', email: 'root@example.org', password: GOOD_PASSWORD, transport: 'cookie' };
    expect(isCrossSite(await post(app, '/api/setup', body, ['Sec-Fetch-Site: cross-site']))).toBe(true);
    expect(await post(app, '/api/setup', body, OURS)).toMatchObject({ status: 201 });
  });

  it('HT-09 token transport and a bearer token need neither header: no cookie is set or used', async () => {
    const app = await start({ config: production });
    await signUp(app, 'ada');
    for (const { fields } of matrix.filter((_cell, number) => number % 7 === 0)) {
      const signedIn = await post(app, '/api/auth/login', { ...credentials, transport: 'token' }, fields);
      expect(signedIn).toMatchObject({ status: 200 });
      const refreshed = await post(app, '/api/auth/refresh', { refreshToken: signedIn.json['refreshToken'] }, fields);
      expect(refreshed).toMatchObject({ status: 200 });
      const bearer = `Authorization: Bearer ${String(refreshed.json['accessToken'])}`;
      const signedOut = await post(app, '/api/auth/logout', {}, [bearer, ...fields]);
      expect(signedOut).toMatchObject({ status: 204 });
      for (const answer of [signedIn, refreshed, signedOut]) expect(answer.headers).not.toHaveProperty('set-cookie');
    }
  });

  it('HT-09 IN-03 no form and no simple request of another site gets as far as the cookie', async () => {
    const app = await start({ config: production });
    await signUp(app, 'ada');
    const cookie = await cookieField(app);
    const before = await databaseState(app);
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])
      for (const path of ['/api/auth/logout', '/api/auth/refresh', '/api/auth/login']) {
        const fields = [cookie, `Content-Type: ${type}`, 'Origin: https://evil.example', 'Sec-Fetch-Site: cross-site'];
        const answer = await exchange(app, `POST ${path}`, fields, '{}');
        expect(answer).toMatchObject({ status: 415 });
        expect(answer.headers).not.toHaveProperty('set-cookie');
      }
    expect(
      await exchange(app, 'GET /api/auth/me', [cookie, ...OURS]),
      'the cookie opens nothing by itself',
    ).toMatchObject({ status: 401 });
    expect(await databaseState(app)).toEqual(before);
  });

  it('HT-09 in local mode any localhost origin is ours, as the development server is', async () => {
    const app = await start();
    await signUp(app, 'ada');
    for (const origin of [
      'http://localhost:5173',
      'http://127.0.0.1:3000',
      'http://[::1]:3000',
      'http://gate.localhost',
    ])
      expect(await post(app, '/api/auth/login', credentials, [`Origin: ${origin}`]), origin).toMatchObject({
        status: 200,
      });
    const others = ['http://localhost.evil.example', 'http://evil-localhost', 'http://127.0.0.1.evil.example', 'null'];
    const before = await databaseState(app);
    for (const origin of others) {
      const answer = await post(app, '/api/auth/login', credentials, [`Origin: ${origin}`]);
      expect([isCrossSite(answer), setsCookie(answer)], origin).toEqual([true, false]);
    }
    expect(await databaseState(app)).toEqual(before);
  });
});
