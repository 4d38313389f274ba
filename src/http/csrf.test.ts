import { expect, it } from 'vitest';
import { databaseState } from '../testing/database-state.ts';
import { GOOD_PASSWORD, signUp } from '../testing/personas.ts';
import { exchange } from '../testing/raw-http.ts';
import type { RawAnswer } from '../testing/raw-http.ts';
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

type Act = (fields: readonly string[], number: number) => Promise<RawAnswer>;

const strangers = matrix.filter(({ own }) => !own);
const ours = matrix.filter(({ own }) => own);

/** All that does not come from a page of ours is refused, and changes nothing. */
async function expectCrossSite(
  app: TestApplication,
  cells: readonly (typeof matrix)[number][],
  act: Act,
): Promise<void> {
  const before = await databaseState(app);
  for (const [number, { site, origin, fields }] of cells.entries()) {
    const answer = await act(fields, number);
    const cell = `Sec-Fetch-Site ${site}, Origin ${origin}`;
    expect(answer, cell).toMatchObject({ status: 403, json: { type: 'urn:gatehouse:problem:cross-site-request' } });
    expect(answer.headers, cell).not.toHaveProperty('set-cookie');
  }
  expect(await databaseState(app)).toEqual(before);
}

/** Goes through the matrix: `act` for each cell, refused where the page is not ours, else answered with `status`. */
async function expectMatrix(app: TestApplication, status: number, act: Act): Promise<void> {
  await expectCrossSite(app, strangers, act);
  for (const [number, { site, origin, fields }] of ours.entries())
    expect(await act(fields, number), `Sec-Fetch-Site ${site}, Origin ${origin}`).toMatchObject({ status });
}

describeEachApplication('cross-site requests', ({ start }) => {
  it('HT-09 log-in by cookie', async () => {
    const app = await start({ config: production });
    await signUp(app, 'ada');
    await expectMatrix(app, 200, (fields) => post(app, '/api/auth/login', credentials, fields));
  });

  it('HT-09 sign-up by cookie', async () => {
    const app = await start({ config: production });
    await expectMatrix(app, 201, (fields, number) =>
      post(
        app,
        '/api/auth/register',
        { username: `user${number}`, email: `user${number}@example.org`, password: GOOD_PASSWORD, transport: 'cookie' },
        fields,
      ),
    );
  });

  it('HT-09 refresh by cookie', async () => {
    const app = await start({ config: production });
    await signUp(app, 'ada');
    let cookie = await cookieField(app);
    await expectMatrix(app, 200, async (fields) => {
      const answer = await post(app, '/api/auth/refresh', {}, [cookie, ...fields]);
      if (answer.status === 200) cookie = `Cookie: ${answer.headers['set-cookie']?.split(';')[0] ?? ''}`;
      return answer;
    });
  });

  it('HT-09 log-out by cookie', async () => {
    const app = await start({ config: production });
    await signUp(app, 'ada');
    const refused = await cookieField(app);
    await expectCrossSite(app, strangers, (fields) => post(app, '/api/auth/logout', {}, [refused, ...fields]));
    for (const { site, origin, fields } of ours) {
      const cookie = await cookieField(app);
      const answer = await post(app, '/api/auth/logout', {}, [cookie, ...fields]);
      expect(answer, `${site} ${origin}`).toMatchObject({ status: 204 });
    }
  });

  it('HT-09 set-up by cookie: a refused one does not use the secret up', async () => {
    const app = await start({ config: production });
    const secret = app.setupLink?.split('#secret=')[1];
    const body = { secret, username: 'root', email: 'root@example.org', password: GOOD_PASSWORD, transport: 'cookie' };
    await expectCrossSite(app, strangers, (fields) => post(app, '/api/setup', body, fields));
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
    await expectCrossSite(
      app,
      others.map((origin) => ({ site: undefined, origin, own: false, fields: [`Origin: ${origin}`] })),
      (fields) => post(app, '/api/auth/login', credentials, fields),
    );
  });
});
