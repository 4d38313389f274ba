import { expect, it } from 'vitest';
import type { TestApplication } from '../../testing/start-application.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  GOOD_PASSWORD,
  signIn,
  readEvents,
  refusal,
  setUpAdministrator,
  signUp,
  startReplicas,
  whoAmI,
} from '../../testing/personas.ts';

const system = { type: 'system' } as const;

const activeAdministrators = async (app: TestApplication): Promise<string[]> =>
  (
    await app.database.read
      .selectFrom('users')
      .innerJoin('user_roles', 'user_roles.user_id', 'users.id')
      .select('username')
      .where('role', '=', 'admin')
      .where('status', '=', 'active')
      .execute()
  ).map(({ username }) => username);

describeEachApplication('administration of users', ({ start }) => {
  it('disables and enables by name or address, in any spelling, and records what changed', async () => {
    const app = await start();
    const root = await setUpAdministrator(app);
    const ada = await signUp(app, 'ada');
    const actor = { type: 'user', id: root.user.id } as const;
    await app.userAdministration.disable('ADA@Example.org', actor);
    expect(await whoAmI(app, ada.accessToken)).toMatchObject(refusal('invalid-token'));
    const body = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' };
    expect(await call(app, '/api/auth/login', { body })).toMatchObject(refusal('invalid-credentials'));
    await app.userAdministration.disable('ada', actor);
    await app.userAdministration.enable('ａda', actor);
    await app.userAdministration.enable('ada', actor);
    await signIn(app, 'ada');
    // Done once is recorded once.
    const target = { actor_type: 'user', actor_id: root.user.id, target_type: 'user', target_id: ada.user.id };
    expect(await readEvents(app, 'user_disabled')).toMatchObject([
      { ...target, details: { before: { status: 'active' }, after: { status: 'disabled' }, terminatedSessions: 1 } },
    ]);
    expect(await readEvents(app, 'user_enabled')).toMatchObject([
      { ...target, details: { before: { status: 'disabled' }, after: { status: 'active' } } },
    ]);
  });

  it('gives exactly the roles that were named, keeps everyone signed in, and records before and after', async () => {
    const app = await start();
    await setUpAdministrator(app);
    const ada = await signUp(app, 'ada');
    await app.userAdministration.setRoles('ada', ['user', 'admin', 'user'], system);
    await app.userAdministration.setRoles('ada', ['admin', 'user'], system);
    expect(await whoAmI(app, ada.accessToken)).toMatchObject({
      status: 200,
      body: { user: { roles: ['admin', 'user'] } },
    });
    await app.userAdministration.setRoles('ada', [], system);
    expect(await whoAmI(app, ada.accessToken)).toMatchObject({
      status: 200,
      body: { user: { roles: [] }, permissions: [] },
    });
    expect(await readEvents(app, 'privilege_permissions_changed')).toMatchObject([
      { actor_type: 'system', details: { before: { roles: ['user'] }, after: { roles: ['admin', 'user'] } } },
      { target_id: ada.user.id, details: { before: { roles: ['admin', 'user'] }, after: { roles: [] } } },
    ]);
  });

  it('changes nothing for a user or a role that does not exist', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const events = await readEvents(app);
    for (const act of ['disable', 'enable'] as const)
      await expect(app.userAdministration[act]('nobody', system)).rejects.toMatchObject({ problem: 'not-found' });
    await expect(app.userAdministration.setRoles('nobody', ['user'], system)).rejects.toMatchObject({
      problem: 'not-found',
    });
    for (const role of ['root', '__proto__', 'constructor', ''])
      await expect(app.userAdministration.setRoles('ada', ['admin', role], system)).rejects.toMatchObject({
        problem: 'invalid-input',
      });
    expect(await readEvents(app)).toEqual(events);
    expect((await signIn(app, 'ada')).user.roles).toEqual(['user']);
  });

  it('AZ-07 never takes the last administrator who can sign in', async () => {
    const app = await start();
    const root = await setUpAdministrator(app);
    await signUp(app, 'ada');
    await app.userAdministration.setRoles('ada', ['admin'], system);
    await app.userAdministration.disable('ada', system); // an administrator, but not one who can sign in
    const events = await readEvents(app);
    const last = { problem: 'last-administrator', status: 409 };
    await expect(app.userAdministration.disable('root', system)).rejects.toMatchObject(last);
    await expect(app.userAdministration.setRoles('root', ['user', 'guest'], system)).rejects.toMatchObject(last);
    await expect(app.userAdministration.setRoles('root', [], system)).rejects.toMatchObject(last);
    expect(await readEvents(app)).toEqual(events);
    expect(await whoAmI(app, root.accessToken)).toMatchObject({
      status: 200,
      body: { user: { roles: ['admin'], status: 'active' } },
    });
    await app.userAdministration.enable('ada', system);
    await app.userAdministration.disable('root', system);
    expect(await activeAdministrators(app)).toEqual(['ada']);
  });

  it('AZ-07 RE-19 never takes the last two at once, on two replicas', async () => {
    const [other, app] = await startReplicas(start);
    await setUpAdministrator(app, 'root');
    await signUp(app, 'ada');
    for (let round = 0; round < 10; round += 1) {
      await app.userAdministration.setRoles('ada', ['admin'], system);
      await app.userAdministration.setRoles('root', ['admin'], system);
      await app.userAdministration.enable('root', system);
      await app.userAdministration.enable('ada', system);
      const acts = [
        () => app.userAdministration.disable('root', system),
        () => other.userAdministration.setRoles('ada', ['user'], system),
        () => app.userAdministration.setRoles('root', ['user'], system),
        () => other.userAdministration.disable('ada', system),
      ];
      const results = await Promise.allSettled(acts.map((act) => act()));
      const refusals = results
        .filter((result) => result.status === 'rejected')
        .map((result) => result.reason as unknown);
      expect(refusals.length, `round ${round}`).toBeGreaterThan(0);
      for (const reason of refusals) expect(reason).toMatchObject({ problem: 'last-administrator' });
      expect(await activeAdministrators(app), `round ${round}`).toHaveLength(1);
    }
  });
});

describeEachApplication('names', ({ start }) => {
  it('RE-20, PW-18, PW-19 are given to one of many who ask at once, in different spellings, on two replicas', async () => {
    const replicas = await startReplicas(start);
    const [app] = replicas;
    const register = (index: number, username: string, email: string) =>
      call(replicas[index % 2] ?? app, '/api/auth/register', {
        body: { username, email, password: GOOD_PASSWORD, transport: 'token' },
      });
    for (let round = 0; round < 8; round += 1) {
      const name = `ada${round}`;
      const names = [name, name.toUpperCase(), ` ${name} `, name.replace('a', 'ａ')];
      const byName = await Promise.all(
        names.map((username, index) => register(index, username, `n${round}-${index}@example.org`)),
      );
      expect(
        byName.filter(({ status }) => status === 201),
        name,
      ).toHaveLength(1);
      for (const answer of byName.filter(({ status }) => status !== 201))
        expect(answer).toMatchObject(refusal('username-taken'));
      const address = `mail${round}@bücher.example`;
      const addresses = [address, address.toUpperCase(), ` ${address}`, address.replace('bücher', 'xn--bcher-kva')];
      const byAddress = await Promise.all(
        addresses.map((email, index) => register(index, `mail${round}-${index}`, email)),
      );
      expect(
        byAddress.filter(({ status }) => status === 201),
        address,
      ).toHaveLength(1);
      for (const answer of byAddress.filter(({ status }) => status !== 201))
        expect(answer).toMatchObject(refusal('email-taken'));
      const users = await app.database.read.selectFrom('users').select(['username', 'email_canonical']).execute();
      expect(users).toHaveLength(2 * (round + 1));
    }
    // Nothing of a refused one is left.
    for (const table of ['user_roles', 'sessions'] as const)
      expect(await app.database.read.selectFrom(table).selectAll().execute()).toHaveLength(16);
    expect(await readEvents(app, 'user_created')).toHaveLength(16);
  });
});
