// What happens to the account between the moment its password was read and the moment its session begins.
import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  GOOD_PASSWORD,
  signIn,
  OTHER_PASSWORD,
  readEvents,
  refusal,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';

const tryLogIn = (app: TestApplication, password: string = GOOD_PASSWORD) =>
  call(app, '/api/auth/login', { body: { identifier: 'ada', password, transport: 'token' } });

/** Holds the next comparison of a password open, until the act is done. */
function duringVerification({ hasher }: TestApplication, act: () => Promise<unknown>): void {
  const { admit, verify } = hasher;
  const holding =
    (compare: typeof verify): typeof verify =>
    async (password, hash) => {
      Object.assign(hasher, { admit, verify });
      const matches = await compare(password, hash);
      await act();
      return matches;
    };
  hasher.verify = holding(verify);
  hasher.admit = (within) => admit((place) => within({ ...place, verify: holding(place.verify) }));
}

const liveSessions = async (app: TestApplication) =>
  (await app.database.read.selectFrom('sessions').select('id').where('terminated_at', 'is', null).execute()).length;

describeEachApplication('sign-in against a change of the account', ({ start }) => {
  it('begins no session where the account was disabled meanwhile, and records the failure', async () => {
    const app = await start();
    await signUp(app, 'ada');
    duringVerification(app, () => app.userAdministration.disable('ada', { type: 'system' }));
    expect(await tryLogIn(app)).toMatchObject(refusal('invalid-credentials'));
    expect(await liveSessions(app)).toBe(0);
    expect(await readEvents(app, 'authn_login_success')).toEqual([]);
    expect(await readEvents(app, 'authn_login_fail')).toMatchObject([{ details: { reason: 'changed meanwhile' } }]);
  });

  it('begins no session for a password that was changed meanwhile', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    duringVerification(app, async () => {
      const body = { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD };
      expect(await call(app, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body })).toMatchObject({
        status: 204,
      });
    });
    expect(await tryLogIn(app)).toMatchObject(refusal('invalid-credentials'));
    expect(await liveSessions(app)).toBe(1);
    expect(await whoAmI(app, ada.accessToken)).toMatchObject({ status: 200 });
    expect(await tryLogIn(app, OTHER_PASSWORD)).toMatchObject({ status: 200 });
  });

  it('changes no password where the account was disabled meanwhile', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    duringVerification(app, () => app.userAdministration.disable('ada', { type: 'system' }));
    const body = { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD };
    const changed = await call(app, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body });
    expect(changed).toMatchObject(refusal('invalid-input'));
    await app.userAdministration.enable('ada', { type: 'system' });
    expect(await tryLogIn(app, OTHER_PASSWORD)).toMatchObject(refusal('invalid-credentials'));
    await signIn(app, 'ada');
    expect(await readEvents(app, 'authn_password_change')).toEqual([]);
    expect(await readEvents(app, 'authn_password_change_fail')).toHaveLength(1);
  });

  it('leaves no live session of the old password, however sign-ins and a change of it meet', async () => {
    const app = await start();
    let password = GOOD_PASSWORD;
    let ada = await signUp(app, 'ada');
    for (let round = 0; round < 5; round += 1) {
      const next = `${OTHER_PASSWORD} ${round}`;
      const body = { currentPassword: password, newPassword: next };
      const [changed, ...signIns] = await Promise.all([
        call(app, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body }),
        // As many as an account may have under way at once, and one to spare for the sign-in below.
        ...Array.from({ length: 4 }, () => tryLogIn(app, password)),
      ]);
      expect(changed).toMatchObject({ status: 204 });
      for (const { status, body } of signIns) {
        expect([200, 401]).toContain(status);
        if (status === 200) expect(await whoAmI(app, body['accessToken'])).toMatchObject(refusal('invalid-token'));
      }
      expect(await whoAmI(app, ada.accessToken)).toMatchObject({ status: 200 });
      password = next;
      ada = { ...(await signIn(app, 'ada', next)) };
    }
  });

  it('changes a password once, however many changes of it meet', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const news = Array.from({ length: 5 }, (_, index) => `${OTHER_PASSWORD} ${index}`);
    const answers = await Promise.all(
      news.map((newPassword) => {
        const body = { currentPassword: GOOD_PASSWORD, newPassword };
        return call(app, '/api/auth/password', { method: 'PATCH', token: ada.accessToken, body });
      }),
    );
    const winner = answers.findIndex(({ status }) => status === 204);
    expect(answers.map(({ status }) => status)).toEqual(news.map((_, index) => (index === winner ? 204 : 422)));
    expect(await tryLogIn(app, news[winner])).toMatchObject({ status: 200 });
    for (const password of [GOOD_PASSWORD, ...news.filter((_, index) => index !== winner)])
      expect(await tryLogIn(app, password), password).toMatchObject(refusal('invalid-credentials'));
    expect(await readEvents(app, 'authn_password_change')).toHaveLength(1);
    expect(await readEvents(app, 'authn_password_change_fail')).toHaveLength(4);
  });
});
