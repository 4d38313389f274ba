import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, it, onTestFinished, vi } from 'vitest';
import { describeEachDatabase } from './testing/dialects.ts';
import { call, refreshBy } from './testing/personas.ts';
import { createHome, getMe, signIn, register } from './testing/start-process.ts';
import { administer } from './testing/administer.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

/** SQLSTATE of each statement; each on its own. */
async function statesOf(url: string, statements: readonly string[]): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const states: Record<string, string> = {};
  for (const statement of statements)
    states[statement] = await client.query(statement).then(
      () => 'done',
      (error: unknown) => String((error as { code?: string }).code),
    );
  await client.end();
  return states;
}

const INSUFFICIENT_PRIVILEGE = '42501';

/** What whoever took over the server would like to do. */
const forbidden = [
  'create table loot (id text)',
  'create table public.loot (id text)',
  'alter table users add column loot text',
  'drop table users',
  'drop trigger security_events_append_only_row on security_events',
  'truncate sessions cascade',
  "update security_events set name = 'nothing'",
  "update security_events set chain_hash = 'x'",
  'delete from security_events',
  'truncate security_events',
  "insert into schema_migrations (name, applied_at) values ('9999-x', 1)",
  'update schema_migrations set applied_at = 2',
  'delete from schema_migrations',
];

const allowed = [
  'select count(*) from security_events',
  'select name from schema_migrations',
  'delete from setup_secrets',
  'delete from log_in_lanes',
];

describeEachDatabase(
  'a server whose role is not that of the migrations',
  ({ freshUrl }) => {
    /** An owner who is no superuser, and roles that may do no more than connect. */
    async function createRoles() {
      const { url } = await freshUrl({ empty: true });
      const database = new URL(url).pathname.slice(1);
      const maintenance = Object.assign(new URL(url), { pathname: '/postgres' }).href;
      const suffix = randomUUID().replaceAll('-', '');
      const nameOf = (role: string): string => `${role}-${suffix}`;
      const urlOf = (role: string): string =>
        Object.assign(new URL(url), { username: encodeURIComponent(nameOf(role)), password: 'own' }).href;
      const create = async (role: string): Promise<void> => {
        await administer(maintenance, `create role "${nameOf(role)}" login password 'own'`);
        onTestFinished(() =>
          administer(
            maintenance,
            `drop database if exists ${database} with (force)`,
            `drop role if exists "${nameOf(role)}"`,
          ),
        );
      };
      await create('owner');
      await administer(
        maintenance,
        `revoke all on database ${database} from public`,
        `alter database ${database} owner to "${nameOf('owner')}"`,
      );
      return {
        url,
        nameOf,
        urlOf,
        async createServer(role: string): Promise<void> {
          await create(role);
          await administer(maintenance, `grant connect on database ${database} to "${nameOf(role)}"`);
        },
      };
    }

    it('DP-08 serves everything, and may change neither the tables nor what has happened', async () => {
      const { urlOf, createServer } = await createRoles();
      await createServer('server');
      const home = await createHome({ DATABASE_URL: urlOf('server'), MIGRATE: 'check' });
      const server = home.start();
      await server.printed('"not ready yet"');
      const migrated = await home.cliWith({ DATABASE_MIGRATION_URL: urlOf('owner') }, 'migrate');
      expect(migrated).toMatchObject({ code: 0, stderr: '' });
      await server.ready();

      const alice = await register(server, 'alice');
      expect(alice.status).toBe(201);
      expect((await signIn(server, 'alice')).status).toBe(200);
      const renewed = await refreshBy(server, alice.body['refreshToken']);
      expect(renewed.status).toBe(200);
      const change = { currentPassword: 'velvet harbour 42 lantern', newPassword: 'quiet meadow 17 compass' };
      const token = String(renewed.body['accessToken']);
      expect((await call(server, '/api/auth/password', { method: 'PATCH', token, body: change })).status).toBe(204);
      expect((await getMe(server, renewed)).status).toBe(200);
      expect((await call(server, '/api/auth/logout', { body: {}, token })).status).toBe(204);
      expect((await home.cli('keys', 'rotate')).code).toBe(0);

      const states = await statesOf(urlOf('server'), [...forbidden, ...allowed]);
      expect(states).toEqual({
        ...Object.fromEntries(forbidden.map((statement) => [statement, INSUFFICIENT_PRIVILEGE])),
        ...Object.fromEntries(allowed.map((statement) => [statement, 'done'])),
      });
      expect(server.logLines().filter(({ status }) => status === 500)).toEqual([]);
      expect(server.stdout).not.toContain('could not tidy up');
    });

    it('DP-08 each migrate mends the rights: what was more is taken, and a new role gets its own', async () => {
      const { url, urlOf, nameOf, createServer } = await createRoles();
      await createServer('server');
      const home = await createHome({ DATABASE_URL: urlOf('server'), DATABASE_MIGRATION_URL: urlOf('owner') });
      expect(await home.cli('migrate')).toMatchObject({ code: 0 });
      await administer(
        url,
        `grant all on all tables in schema public to "${nameOf('server')}"`,
        `grant create on schema public to "${nameOf('server')}"`,
        `grant update (chain_hash) on security_events to "${nameOf('server')}"`,
      );
      expect(await statesOf(urlOf('server'), ['truncate setup_secrets'])).toEqual({ 'truncate setup_secrets': 'done' });
      expect(await home.cli('migrate')).toMatchObject({ code: 0, stderr: '' });
      expect(new Set(Object.values(await statesOf(urlOf('server'), forbidden)))).toEqual(
        new Set([INSUFFICIENT_PRIVILEGE]),
      );

      await createServer('rotated');
      expect(await home.cliWith({ DATABASE_URL: urlOf('rotated') }, 'migrate')).toMatchObject({ code: 0, stderr: '' });
      const rotated = home.start({ DATABASE_URL: urlOf('rotated'), MIGRATE: 'check', DATABASE_MIGRATION_URL: '' });
      await rotated.ready();
      expect((await register(rotated, 'alice')).status).toBe(201);
    });

    it('DP-08 rights that another role gives are warned of', async () => {
      const { url, urlOf, createServer } = await createRoles();
      await createServer('server');
      await administer(url, `grant create on schema public to public`);
      const home = await createHome({ DATABASE_URL: urlOf('server'), DATABASE_MIGRATION_URL: urlOf('owner') });
      const { code, stderr } = await home.cli('migrate');
      const warning = 'the role of DATABASE_URL may do more than a server needs: CREATE on the schema public';
      expect({ code, stderr }).toEqual({ code: 0, stderr: `gatehouse: ${warning}.\n` });
      const server = home.start();
      await server.ready();
      expect(server.logLines()).toContainEqual(expect.objectContaining({ level: 'warn', msg: warning }));
    });

    it('DP-08 a role that is missing is named, nothing has changed, and a server waits until it is there', async () => {
      const { urlOf, nameOf, createServer } = await createRoles();
      const home = await createHome({ DATABASE_URL: urlOf('server'), DATABASE_MIGRATION_URL: urlOf('owner') });
      const missing = `DATABASE_URL names the role "${nameOf('server')}", which PostgreSQL does not know. Create it (it needs no more than LOGIN, a password and CONNECT), then migrate again.`;
      const refused = await home.cli('migrate');
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain(`gatehouse: ${missing}\n`);
      expect(await statesOf(urlOf('owner'), ['select * from users'])).toEqual({ 'select * from users': '42P01' });
      const server = home.start();
      await server.printed(`not ready yet, trying again until it is: ${missing}`);
      await createServer('server');
      await server.ready();
      expect((await register(server, 'alice')).status).toBe(201);
    });

    it('DP-08 a migrating role that does not own the tables is told what to do', async () => {
      const { url, urlOf, nameOf, createServer } = await createRoles();
      await createServer('server');
      const home = await createHome({ DATABASE_URL: url });
      expect(await home.cli('migrate')).toMatchObject({ code: 0 });
      await administer(url, `grant select on all tables in schema public to "${nameOf('owner')}"`);
      const refused = await home.cliWith(
        { DATABASE_URL: urlOf('server'), DATABASE_MIGRATION_URL: urlOf('owner') },
        'migrate',
      );
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain(
        `gatehouse: the role "${nameOf('owner')}" of DATABASE_MIGRATION_URL cannot give the role "${nameOf('server')}" what the server needs (`,
      );
      expect(refused.stderr).toContain('run REASSIGN OWNED BY');
    });

    it('DP-08 one role for both is left as it is', async () => {
      const { urlOf } = await createRoles();
      const again = `${urlOf('owner')}?application_name=other`;
      const home = await createHome({ DATABASE_URL: urlOf('owner'), DATABASE_MIGRATION_URL: again });
      expect(await home.cli('migrate')).toMatchObject({ code: 0, stderr: '' });
      const server = home.start({ MIGRATE: 'check' });
      await server.ready();
      expect((await register(server, 'alice')).status).toBe(201);
    });
  },
  'postgres',
);
