import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication, TEST_SECRET } from '../../testing/start-application.ts';
import {
  call,
  signIn,
  signInByCookie,
  readEvents,
  refreshBy,
  refreshByCookie,
  cookieOf,
  refusal,
  signUp,
  untilTold,
  whoAmI,
} from '../../testing/personas.ts';

const system = { type: 'system' } as const;
const NEW_SECRET = 'Nw7LrQ2bVx9KsTf4HjYc6MgPd1EaZu8RoWi3BkXn';

const readKeys = (app: TestApplication) =>
  app.database.read.selectFrom('signing_keys').selectAll().orderBy('kid').execute();

describeEachApplication('a change of APP_SECRET', ({ start }) => {
  it('keeps everyone signed in while the former one is named, and seals the keys anew', async () => {
    const before = await start();
    const ada = await signUp(before, 'ada');
    const browser = await signInByCookie(before, 'ada');
    const url = before.config.databaseUrl;
    const formerKeys = await readKeys(before);
    await before.stop();

    const during = await start({ url, config: { appSecret: NEW_SECRET, appSecretPrevious: [TEST_SECRET] } });
    const keys = await readKeys(during);
    expect(keys.map(({ kid, state }) => [kid, state])).toEqual(formerKeys.map(({ kid, state }) => [kid, state]));
    for (const { secret_id } of formerKeys) expect(keys.map((key) => key.secret_id)).not.toContain(secret_id);
    expect(await whoAmI(during, ada.accessToken)).toMatchObject({ status: 200 });
    const next = await refreshBy(during, ada.refreshToken);
    const nextCookie = await refreshByCookie(during, browser.cookie);
    expect([next.status, nextCookie.status]).toEqual([200, 200]);
    expect(await readEvents(during, 'signing_key_created')).toHaveLength(2);
    const late = await signInByCookie(during, 'ada');
    const changes = await readEvents(during, 'app_secret_changed');
    expect(changes).toHaveLength(1);
    expect(JSON.stringify(changes)).not.toMatch(new RegExp(`${NEW_SECRET}|${TEST_SECRET}`));
    await during.stop();

    const after = await start({ url, config: { appSecret: NEW_SECRET } });
    expect(await readEvents(after, 'app_secret_changed'), 'a start with a known secret').toHaveLength(1);
    expect(await whoAmI(after, next.body['accessToken'])).toMatchObject({ status: 200 });
    expect(await refreshBy(after, next.body['refreshToken'])).toMatchObject({ status: 200 });
    expect(await refreshByCookie(after, cookieOf(nextCookie))).toMatchObject({ status: 200 });
    expect(await refreshByCookie(after, late.cookie)).toMatchObject({ status: 200 });
  });

  it('refuses to start where the former one is not named, says what to do, and changes nothing', async () => {
    const before = await start();
    const ada = await signUp(before, 'ada');
    const keys = await readKeys(before);
    const wrong = await start({ url: before.config.databaseUrl, prepare: false, config: { appSecret: NEW_SECRET } });
    await expect(wrong.prepare()).rejects.toThrow(
      'APP_SECRET is not the one this database was made with. Put the earlier one into APP_SECRET_PREVIOUS; or, if it is lost, run "npm run cli -- keys reset"',
    );
    expect(await call(wrong, '/readyz')).toMatchObject({ status: 503 });
    expect(await whoAmI(wrong, ada.accessToken)).toMatchObject(refusal('unavailable'));
    expect(await refreshBy(wrong, ada.refreshToken)).toMatchObject(refusal('unavailable'));
    // Guards: a rotation at the command line with another secret left a standby key that no server could open.
    await expect(wrong.signingKeys.rotate(system)).rejects.toThrow('APP_SECRET is not the one');
    await expect(wrong.signingKeys.revoke(keys[0]?.kid ?? '', system)).rejects.toThrow('APP_SECRET is not the one');
    expect(await readKeys(before)).toEqual(keys);
    expect(await whoAmI(before, ada.accessToken)).toMatchObject({ status: 200 });
    expect(await refreshBy(before, ada.refreshToken)).toMatchObject({ status: 200 });
  });

  it('starts again after a reset where it is lost: everyone signs in anew, and nobody is taken for a thief', async () => {
    const before = await start();
    const ada = await signUp(before, 'ada');
    const url = before.config.databaseUrl;
    await before.stop();
    const after = await start({ url, prepare: false, config: { appSecret: NEW_SECRET } });
    expect(await after.signingKeys.reset(system)).toHaveLength(2);
    await after.prepare();
    expect(await whoAmI(after, ada.accessToken)).toMatchObject(refusal('invalid-token'));
    expect(await refreshBy(after, ada.refreshToken)).toMatchObject(refusal('invalid-token'));
    expect(await readEvents(after, 'authn_token_reuse')).toEqual([]);
    const again = await signIn(after, 'ada');
    expect(await whoAmI(after, again.accessToken)).toMatchObject({ status: 200 });
  });

  // Guards: once the new release had sealed the keys anew, every request to the old one was answered 500.
  it('leaves a replica with the former secret at work until it is replaced', async () => {
    const old = await start();
    const ada = await signUp(old, 'ada');
    const config = { appSecret: NEW_SECRET, appSecretPrevious: [TEST_SECRET] };
    const next = await start({ url: old.config.databaseUrl, config });
    await signUp(next, 'eve');
    expect(await whoAmI(old, ada.accessToken)).toMatchObject({ status: 200 });
    const fromOld = await refreshBy(old, ada.refreshToken);
    expect(await whoAmI(next, fromOld.body['accessToken'])).toMatchObject({ status: 200 });
    // A key that it cannot open verifies all the same; who wants it to sign is told to come back.
    await untilTold(old, /^signing-keys$/, () => next.signingKeys.rotate(system));
    expect(await whoAmI(old, fromOld.body['accessToken'])).toMatchObject({ status: 200 });
    const signed = await signIn(next, 'ada');
    expect(await whoAmI(old, signed.accessToken)).toMatchObject({ status: 200 });
    const sessions = await old.database.read.selectFrom('sessions').selectAll().orderBy('id').execute();
    expect(await refreshBy(old, fromOld.body['refreshToken'])).toMatchObject(refusal('unavailable'));
    expect(await old.database.read.selectFrom('sessions').selectAll().orderBy('id').execute()).toEqual(sessions);
    expect(await refreshBy(next, fromOld.body['refreshToken'])).toMatchObject({ status: 200 });
    // The operator goes back to the former release: it signs again with its next request.
    await next.stop();
    const another = await start({ url: old.config.databaseUrl, prepare: false });
    await untilTold(old, /^signing-keys$/, () => another.signingKeys.reset(system));
    expect(await whoAmI(old, (await signIn(old, 'ada')).accessToken)).toMatchObject({ status: 200 });
  });
});
