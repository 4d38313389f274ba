import { expect, it } from 'vitest';
import { builtInRoles, permissions, permissionsOf } from '#contract/permissions.ts';
import { call, refusal, setUpAdministrator, signUp } from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';

describeEachApplication('roles', ({ start }) => {
  it('AZ-01 an administrator sees every role with what it permits; nobody else does', async () => {
    const app = await start();
    const { accessToken } = await setUpAdministrator(app);
    const { status, body } = await call(app, '/api/roles', { token: accessToken });
    expect(status).toBe(200);
    expect(body['roles']).toEqual(Object.entries(builtInRoles).map(([name, role]) => ({ name, ...role })));
    const ada = await signUp(app, 'ada');
    expect(await call(app, '/api/roles', { token: ada.accessToken })).toMatchObject(refusal('forbidden'));
    expect(await call(app, '/api/roles')).toMatchObject(refusal('invalid-token'));
  });
});

it('AZ-06 admin has every permission, user only those on files of their own, guest none', () => {
  expect([...permissionsOf(['admin'])]).toEqual([...permissions]);
  expect([...permissionsOf(['user'])]).toEqual(['files:create', 'files:read', 'files:delete']);
  expect([...permissionsOf(['guest'])]).toEqual([]);
});

it('AZ-01 a role that nobody knows permits nothing, whatever it is called', () => {
  for (const name of ['Admin', 'ADMIN', 'admin ', '', '*', '__proto__', 'constructor', 'toString', 'hasOwnProperty'])
    expect([...permissionsOf([name])], name).toEqual([]);
  expect([...permissionsOf(['root', 'user', 'user'])]).toHaveLength(3);
});
