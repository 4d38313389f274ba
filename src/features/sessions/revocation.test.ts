// Whatever ends a session or changes what its user may do acts on the very next request, of every replica.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  GOOD_PASSWORD,
  signIn,
  OTHER_PASSWORD,
  refreshBy,
  refusal,
  setUpAdministrator,
  signUp,
  startReplicas,
  untilTold,
  whoAmI,
} from '../../testing/personas.ts';
import type { Persona } from '../../testing/personas.ts';

const system = { type: 'system' } as const;
const changed = /^(session|user):/;

const ends: Record<string, (app: TestApplication, ada: Persona) => Promise<unknown>> = {
  'log-out': (app, ada) => call(app, '/api/auth/logout', { body: {}, token: ada.accessToken }),
  disabling: (app) => app.userAdministration.disable('ada', system),
  'a change of password elsewhere': async (app) => {
    const elsewhere = await signIn(app, 'ada');
    const body = { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD };
    return await call(app, '/api/auth/password', { method: 'PATCH', token: elsewhere.accessToken, body });
  },
  'use of an old refresh token': async (app, ada) => {
    await refreshBy(app, ada.refreshToken);
    app.clock.advance(10_001);
    return await refreshBy(app, ada.refreshToken);
  },
};

async function runCli(app: TestApplication, ...words: string[]): Promise<void> {
  const launch = fileURLToPath(new URL('../../launch.js', import.meta.url));
  await promisify(execFile)(process.execPath, [launch, 'cli', ...words], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: app.config.databaseUrl,
      DATA_DIR: app.config.dataDir,
      APP_SECRET: app.config.appSecret,
    },
  });
}

describeEachApplication('revocation', ({ start }) => {
  it.each(Object.keys(ends))('JW-07 is heard at once, by another replica too: %s', async (name) => {
    const [app, other] = await startReplicas(start);
    const ada = await signUp(app, 'ada');
    const eve = await signUp(app, 'eve');
    // Both have verified the token and know the session.
    for (const replica of [app, other, app, other]) {
      expect(await whoAmI(replica, ada.accessToken)).toMatchObject({ status: 200 });
      expect(await whoAmI(replica, eve.accessToken)).toMatchObject({ status: 200 });
    }
    await untilTold(other, changed, async () => await ends[name]?.(app, ada));
    for (const replica of [other, app]) {
      expect(await whoAmI(replica, ada.accessToken)).toMatchObject(refusal('invalid-token'));
      expect(await refreshBy(replica, ada.refreshToken)).toMatchObject(refusal('invalid-token'));
      expect(await whoAmI(replica, eve.accessToken)).toMatchObject({ status: 200 });
    }
  });

  it('JW-07 asks the database what a user may do, never the token', async () => {
    const [other, app] = await startReplicas(start);
    const root = await setUpAdministrator(app);
    const ada = await signUp(app, 'ada');
    await app.userAdministration.setRoles('ada', ['admin'], system);
    for (const replica of [app, other])
      expect(await call(replica, '/api/roles', { token: ada.accessToken })).toMatchObject({ status: 200 });
    const asAdministrator = await refreshBy(app, ada.refreshToken);
    await untilTold(other, changed, () => app.userAdministration.setRoles('ada', ['guest'], system));
    for (const replica of [other, app]) {
      const token = String(asAdministrator.body['accessToken']);
      expect(await call(replica, '/api/roles', { token })).toMatchObject(refusal('forbidden'));
      expect(await whoAmI(replica, token)).toMatchObject({
        status: 200,
        body: { user: { roles: ['guest'] }, permissions: [] },
      });
      expect(await call(replica, '/api/roles', { token: root.accessToken })).toMatchObject({ status: 200 });
    }
  });

  it('JW-07 hears another process that writes to the same database', async () => {
    const app = await start();
    const ada = await signUp(app, 'ada');
    const eve = await signUp(app, 'eve');
    for (const { accessToken } of [ada, eve]) expect(await whoAmI(app, accessToken)).toMatchObject({ status: 200 });
    await untilTold(app, changed, () => runCli(app, 'users', 'disable', 'ada'));
    expect(await whoAmI(app, ada.accessToken)).toMatchObject(refusal('invalid-token'));
    expect(await whoAmI(app, eve.accessToken)).toMatchObject({ status: 200 });
    await untilTold(app, /^signing-keys$/, () => runCli(app, 'keys', 'reset'));
    expect(await whoAmI(app, eve.accessToken)).toMatchObject(refusal('invalid-token'));
    const again = await refreshBy(app, eve.refreshToken);
    expect(await whoAmI(app, again.body['accessToken'])).toMatchObject({ status: 200 });
  });
});
