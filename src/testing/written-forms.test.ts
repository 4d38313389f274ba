// Rolling deploys and rollbacks: what this release writes, release 0.1.0 reads. Held against fixtures/written-by-0.1.0.ts.
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { createOperatorCredential } from '../composition/index.ts';
import { describeEachDatabase } from './dialects.ts';
import {
  deviceTokenOf,
  openSealed,
  operatorTokenOf,
  refreshTokenOf,
  secretIdOf,
  shortKeyOf,
} from './earlier-reader.ts';
import * as written from './fixtures/written-by-0.1.0.ts';
import { columnsOf } from './introspection.ts';
import {
  call,
  createFrozenClock,
  GOOD_PASSWORD,
  signInByCookie,
  OTHER_PASSWORD,
  readEvents,
  refreshBy,
  setUpAdministrator,
  signUp,
} from './personas.ts';
import type { Answer } from './personas.ts';
import { describeEachApplication, TEST_SECRET } from './start-application.ts';
import { fail, lanesOf } from './throttled-sign-ins.ts';
import { decode } from './tokens.ts';

const valueOf = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1);

/** Name → attributes, of all cookies that an answer sets. */
const attributesOf = (answer: Answer): Record<string, string[]> =>
  Object.fromEntries(
    answer.headers.getSetCookie().map((text) => {
      const [pair = '', ...attributes] = text.split('; ');
      return [pair.split('=')[0], attributes.toSorted()];
    }),
  );

describeEachApplication('what this release writes', ({ start }) => {
  it('cookies with the same names and attributes', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    const body = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' };
    const signedIn = await call(app, '/api/auth/login', { body, headers: { 'Sec-Fetch-Site': 'same-origin' } });
    const { '__Host-gatehouse-session': session, '__Host-gatehouse-device': device } = written.cookies;
    expect(attributesOf(signedIn)).toEqual({
      '__Host-gatehouse-session': session.signedIn,
      '__Host-gatehouse-device': device.signedIn,
    });
    const { cookie } = await signInByCookie(app, 'ada');
    const signedOut = await call(app, '/api/auth/logout', { body: {}, cookie });
    expect(attributesOf(signedOut)).toEqual({ '__Host-gatehouse-session': session.signedOut });
  });

  it('refresh tokens and device cookies that release 0.1.0 would have made of the same rows', async () => {
    const app = await start({ clock: createFrozenClock() });
    const ada = await signUp(app, 'ada');
    const next = String((await refreshBy(app, ada.refreshToken)).body['refreshToken']);
    const { cookie, device } = await signInByCookie(app, 'ada');
    const sessions = await app.database.read.selectFrom('sessions').selectAll().orderBy('transport').execute();
    expect([valueOf(cookie), next]).toEqual(sessions.map((session) => refreshTokenOf(TEST_SECRET, session)));
    for (const token of [ada.refreshToken, next, valueOf(cookie)]) expect(token).toMatch(written.tokens.refreshToken);
    const [, , deviceId = '', issuedAt = ''] = valueOf(device).split('.');
    expect(valueOf(device)).toBe(deviceTokenOf(TEST_SECRET, ada.user.id, deviceId, issuedAt));
    expect(valueOf(device)).toMatch(written.tokens.device);
    expect(Number(issuedAt)).toBe(Math.floor(app.clock.now() / 1000));
  });

  it('access tokens with the same header and claims', async () => {
    const app = await start();
    const { accessToken } = await signUp(app, 'ada');
    const [header, claims] = accessToken.split('.').map((part, index) => (index < 2 ? decode(part) : {}));
    expect(Object.keys(header ?? {}).toSorted()).toEqual(written.accessToken.header);
    expect(Object.keys(claims ?? {}).toSorted()).toEqual(written.accessToken.claims);
  });

  it('operator tokens that release 0.1.0 would have made, good for a minute', async () => {
    const app = await start({ clock: createFrozenClock() });
    const token = createOperatorCredential(app.config, app.clock.now());
    const [, , end = '', nonce = ''] = token.split('.');
    expect(token).toBe(operatorTokenOf(TEST_SECRET, end, nonce));
    expect(token).toMatch(written.tokens.operator);
    expect(Number(end)).toBe(app.clock.now() + 60_000);
  });

  it('signing keys that release 0.1.0 opens', async () => {
    const app = await start();
    const keys = await app.database.read.selectFrom('signing_keys').selectAll().execute();
    expect(keys.map(({ state }) => state).toSorted()).toEqual(['current', 'standby']);
    for (const { kid, public_jwk, private_key_sealed, secret_id } of keys) {
      const jwk = JSON.parse(public_jwk) as JsonWebKey;
      expect(Object.keys(jwk)).toEqual(['kid', 'kty', 'crv', 'x', 'y', 'alg', 'use']);
      expect(jwk).toMatchObject({ kid, kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
      const pem = openSealed(TEST_SECRET, 'signing-key', private_key_sealed);
      const { x, y } = createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' });
      expect({ x, y, secret_id }).toEqual({ x: jwk.x, y: jwk.y, secret_id: secretIdOf(TEST_SECRET) });
    }
  });

  it('set-up links whose secret is stored as its SHA-256', async () => {
    const app = await start();
    expect(app.setupLink).toMatch(written.tokens.setUpLink);
    const [row] = await app.database.read.selectFrom('setup_secrets').selectAll().execute();
    const secret = app.setupLink?.split('#secret=')[1] ?? '';
    expect(row).toMatchObject({
      purpose: 'first-administrator',
      secret_hash: createHash('sha256').update(secret).digest('hex'),
    });
  });

  it('LG-05 lanes of failed sign-ins under the same keys', async () => {
    const app = await start({ clock: createFrozenClock() });
    const ada = await signUp(app, 'ada');
    const { device } = await signInByCookie(app, 'ada');
    await fail(app, 'ada', 1);
    await fail(app, 'ada', 1, { device });
    await fail(app, 'Nobody@Example.org', 1);
    const deviceId = valueOf(device).split('.')[2];
    const texts = [`user:${ada.user.id}`, `device:${ada.user.id}:${deviceId}`, 'name:nobody@example.org'];
    expect((await lanesOf(app)).map(({ key }) => key).toSorted()).toEqual(
      texts.map((text) => shortKeyOf(TEST_SECRET, 'log-in-lane', text)).toSorted(),
    );
  });
});

describeEachApplication('the security events of this release', ({ start }) => {
  it('have the names that they had in release 0.1.0', async () => {
    const app = await start();
    const operator = { type: 'system' } as const;
    const root = await setUpAdministrator(app);
    const ada = await signUp(app, 'ada');
    const grace = await signUp(app, 'grace');
    await refreshBy(app, grace.refreshToken);
    app.clock.advance(10_001);
    await refreshBy(app, grace.refreshToken);
    for (const currentPassword of [OTHER_PASSWORD, GOOD_PASSWORD])
      await call(app, '/api/auth/password', {
        method: 'PATCH',
        token: ada.accessToken,
        body: { currentPassword, newPassword: 'amber ladder 58 window' },
      });
    await call(app, '/api/auth/logout', { body: {}, token: ada.accessToken });
    const { cookie } = await signInByCookie(app, 'grace');
    const again = { identifier: 'grace', password: GOOD_PASSWORD, transport: 'cookie' };
    await call(app, '/api/auth/login', { body: again, cookie });
    await fail(app, 'grace', 5);
    await call(app, '/api/limits/releases', { body: { user: 'grace' }, token: root.accessToken });
    await app.userAdministration.disable('grace', operator);
    await app.userAdministration.enable('grace', operator);
    await app.userAdministration.setRoles('grace', ['guest'], operator);
    await app.signingKeys.rotate(operator);
    await app.signingKeys.reset(operator);
    await start({
      url: app.config.databaseUrl,
      config: { appSecret: 'Nw7LrQ2bVx9KsTf4HjYc6MgPd1EaZu8RoWi3BkXn', appSecretPrevious: [TEST_SECRET] },
    });
    const names = new Set((await readEvents(app)).map(({ name }) => name));
    expect([...names]).toEqual(expect.arrayContaining([...written.events]));
  });
});

describeEachDatabase('the database of this release', ({ open }) => {
  it('has each table and column of release 0.1.0, of the same kind', async () => {
    const { read } = await open();
    const expected = Object.entries(written.tables).flatMap(([table, columns]) =>
      Object.entries(columns).map(([column, kind]) => [`${table}.${column}`, kind]),
    );
    expect(await columnsOf(read)).toMatchObject(Object.fromEntries(expected));
  });

  it('can be written to by release 0.1.0: a new column of its tables may be left out', async () => {
    const { read } = await open();
    const known = new Map(Object.entries<Record<string, string>>(written.tables));
    const required = (await read.introspection.getTables()).flatMap(({ name: table, columns }) =>
      columns
        .filter(({ name }) => known.has(table) && known.get(table)?.[name] === undefined)
        .filter(({ isNullable, hasDefaultValue }) => !isNullable && !hasDefaultValue)
        .map(({ name }) => `${table}.${name}`),
    );
    expect(required).toEqual([]);
  });

  it('begins with the migrations of release 0.1.0, under their names', async () => {
    const { read } = await open();
    const applied = await read.selectFrom('schema_migrations').select('name').orderBy('name').execute();
    expect(applied.map(({ name }) => name).slice(0, written.migrations.length)).toEqual(written.migrations);
  });
});
