import bcrypt from 'bcrypt';
import { expect, it } from 'vitest';
import { roundsOf } from '../../testing/held-hashes.ts';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  cookieOf,
  GOOD_PASSWORD,
  signIn,
  signInByCookie,
  OTHER_PASSWORD,
  readEvents,
  refreshBy,
  refreshByCookie,
  refusal,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';

const system = { type: 'system' } as const;

const tryLogIn = (app: TestApplication, identifier: string, password: string = GOOD_PASSWORD) =>
  call(app, '/api/auth/login', { body: { identifier, password, transport: 'token' } });

const storedHash = async (app: TestApplication, username: string): Promise<string> =>
  (
    await app.database.read
      .selectFrom('users')
      .select('password_hash')
      .where('username', '=', username)
      .executeTakeFirstOrThrow()
  ).password_hash;

async function storeHash(app: TestApplication, username: string, hash: string): Promise<void> {
  await app.database.transaction((tx) =>
    tx.query.updateTable('users').set({ password_hash: hash }).where('username', '=', username).execute(),
  );
}

describeEachApplication('log-in', ({ start }) => {
  it('takes a user name or an address in any spelling, and gives a session', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    for (const identifier of ['ada', ' ADA ', 'ａda', 'ada@example.org', 'ADA@Example.ORG']) {
      const answer = await tryLogIn(app, identifier);
      expect(answer, identifier).toMatchObject({ status: 200, body: { tokenType: 'Bearer', expiresIn: 300 } });
      expect(answer.body['user']).toEqual(ada.user);
    }
  });

  it('LG-01 answers alike for an unknown account, a wrong password and a disabled account', async () => {
    const app = await start();
    await signUp(app, 'ada');
    await signUp(app, 'eve');
    await app.userAdministration.disable('eve', system);
    const answers = [
      await tryLogIn(app, 'nobody'),
      await tryLogIn(app, 'no@body.example'),
      await tryLogIn(app, 'not a name at all!'),
      await tryLogIn(app, 'ada', OTHER_PASSWORD),
      await tryLogIn(app, 'ada@example.org', OTHER_PASSWORD),
      await tryLogIn(app, 'eve'),
      await tryLogIn(app, 'eve', OTHER_PASSWORD),
    ];
    const changing = ['date', 'x-request-id'];
    const seen = answers.map(({ status, body, headers }) =>
      JSON.stringify([status, { ...body, requestId: '' }, [...headers].filter(([name]) => !changing.includes(name))]),
    );
    expect(answers[0]).toMatchObject(refusal('invalid-credentials'));
    expect(new Set(seen).size).toBe(1);
    expect((await app.database.read.selectFrom('sessions').selectAll().execute()).length).toBe(2);
  });

  it('LG-02 does the work of exactly one hash of the configured cost in every case', async () => {
    const app = await start();
    await signUp(app, 'ada');
    await signUp(app, 'eve');
    await app.userAdministration.disable('eve', system);
    const oneHash = 2 ** app.config.bcryptCost;
    for (const [identifier, password] of [
      ['nobody', GOOD_PASSWORD],
      ['not a name at all!', GOOD_PASSWORD],
      ['ada', OTHER_PASSWORD],
      ['ada', GOOD_PASSWORD],
      ['eve', OTHER_PASSWORD],
      ['eve', GOOD_PASSWORD],
    ] as const) {
      const before = app.hasher.hashCount;
      expect(await roundsOf(() => tryLogIn(app, identifier, password)), identifier).toBe(oneHash);
      expect(app.hasher.hashCount - before, identifier).toBe(1);
    }
  });

  // Guards: the right password of a disabled account whose hash is an older, cheaper one was told by half the work.
  it('LG-02 does the same work where the stored hash is an older, cheaper one', async () => {
    const app = await start({ config: { bcryptCost: 6 } });
    const cheap = await bcrypt.hash(GOOD_PASSWORD, 4);
    for (const name of ['ada', 'eve']) {
      await signUp(app, name);
      await storeHash(app, name, cheap);
    }
    await app.userAdministration.disable('eve', system);
    for (const [identifier, password] of [
      ['nobody', GOOD_PASSWORD],
      ['ada', OTHER_PASSWORD],
      ['eve', OTHER_PASSWORD],
      ['eve', GOOD_PASSWORD],
    ] as const)
      expect(await roundsOf(() => tryLogIn(app, identifier, password)), identifier).toBe(2 ** 6);
    expect(await storedHash(app, 'eve')).toBe(cheap);
  });

  it('PW-10, PW-11 stores $2b$ of the configured cost, and renews an older hash at the next good sign-in', async () => {
    const app = await start({ config: { bcryptCost: 5 } });
    const ada = await signUp(app, 'ada');
    expect(await storedHash(app, 'ada')).toMatch(/^\$2b\$05\$/);
    for (const older of [
      await bcrypt.hash(GOOD_PASSWORD, 4),
      (await bcrypt.hash(GOOD_PASSWORD, 5)).replace('$2b$', '$2a$'),
    ]) {
      await storeHash(app, 'ada', older);
      expect(await tryLogIn(app, 'ada', OTHER_PASSWORD)).toMatchObject(refusal('invalid-credentials'));
      expect(await storedHash(app, 'ada')).toBe(older);
      await signIn(app, 'ada');
      const renewed = await storedHash(app, 'ada');
      expect(renewed).toMatch(/^\$2b\$05\$/);
      await signIn(app, 'ada');
      expect(await storedHash(app, 'ada')).toBe(renewed);
    }
    expect(await whoAmI(app, ada.accessToken)).toMatchObject({ status: 200 });
  });

  // Guards: of two sign-ins at once with an older hash one was refused as a wrong password, since the other renewed the hash.
  it('PW-11 lets everyone in who signs in at once while the hash is renewed', async () => {
    const app = await start({ config: { bcryptCost: 5 } });
    const ada = await signUp(app, 'ada');
    await storeHash(app, 'ada', await bcrypt.hash(GOOD_PASSWORD, 4));
    const body = { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD };
    const answers = await Promise.all(Array.from({ length: 5 }, () => tryLogIn(app, 'ada')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await call(app, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body })).toMatchObject({
      status: 204,
    });
    expect(await tryLogIn(app, 'ada')).toMatchObject(refusal('invalid-credentials'));
  });

  it('LG-08 signs in by POST and JSON only', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const fields = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' };
    const form = new URLSearchParams(fields).toString();
    const hashes = app.hasher.hashCount;
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      'application/problem+json',
    ]) {
      const body = type.startsWith('application/x') ? form : JSON.stringify(fields);
      const answer = await call(app, '/api/auth/login', { body, headers: { 'Content-Type': type } });
      expect(answer, type).toMatchObject(refusal('unsupported-media-type'));
    }
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      expect(await call(app, '/api/auth/login', { method, body: fields })).toMatchObject(refusal('method-not-allowed'));
    expect(await call(app, `/api/auth/login?${form}`)).toMatchObject(refusal('method-not-allowed'));
    const byQuery = await call(app, `/api/auth/login?${form}`, { body: {} });
    expect(byQuery.status).toBe(422);
    const gzip = await call(app, '/api/auth/login', { body: fields, headers: { 'Content-Encoding': 'gzip' } });
    expect(gzip).toMatchObject(refusal('unsupported-media-type'));
    for (const path of ['/api/auth/login/', '/API/auth/login', '/api/auth//login'])
      expect(await call(app, path, { body: fields }), path).toMatchObject(refusal('not-found'));
    expect(app.hasher.hashCount).toBe(hashes);
    expect(await readEvents(app, 'authn_login_success')).toEqual([]);
  });

  it('LG-09 begins a new session each time, and ends the one that this browser was in before', async () => {
    const app = await start();
    const program = await signUp(app, 'ada');
    const first = await signInByCookie(app, 'ada');
    const body = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' };
    const wrong = await call(app, '/api/auth/login', {
      body: { ...body, password: OTHER_PASSWORD },
      cookie: first.cookie,
    });
    expect(wrong).toMatchObject(refusal('invalid-credentials'));
    expect(wrong.headers.getSetCookie()).toEqual([]);
    expect(await whoAmI(app, first.accessToken)).toMatchObject({ status: 200 });
    const second = await call(app, '/api/auth/login', { body, cookie: first.cookie });
    expect(second.status).toBe(200);
    expect(cookieOf(second)).not.toBe(first.cookie);
    expect(await whoAmI(app, first.accessToken)).toMatchObject(refusal('invalid-token'));
    expect(await refreshByCookie(app, first.cookie)).toMatchObject(refusal('invalid-token'));
    expect(await refreshByCookie(app, cookieOf(second))).toMatchObject({ status: 200 });
    // The sessions of programs are not this browser's, also where a token of theirs is put into the cookie.
    const planted = `__Host-gatehouse-session=${program.refreshToken}`;
    expect(await call(app, '/api/auth/login', { body, cookie: planted })).toMatchObject({ status: 200 });
    expect(await refreshBy(app, program.refreshToken)).toMatchObject({ status: 200 });
    const sids = (await app.database.read.selectFrom('sessions').select('id').execute()).map(({ id }) => id);
    expect(new Set(sids).size).toBe(4);
  });
});
