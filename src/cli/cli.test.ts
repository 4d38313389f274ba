import { readdirSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { call } from '../testing/personas.ts';
import type { Answer } from '../testing/personas.ts';
import { createHome, getMe, signIn, register, setUp } from '../testing/start-process.ts';
import type { Finished, Home, RunningProcess } from '../testing/start-process.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

const asText = (text: string): unknown => expect.stringContaining(text) as unknown;

/** One line that says what to do: no stack, no half result. */
function expectRefusal(finished: Finished, message: string, code = 1): void {
  expect(finished).toEqual({ code, signal: null, stdout: '', stderr: `gatehouse: ${message}\n` });
}

function expectDone(finished: Finished, said: string): void {
  expect(finished).toEqual({ code: 0, signal: null, stdout: said, stderr: '' });
}

async function startServer(): Promise<{ home: Home; server: RunningProcess; root: Answer }> {
  const home = await createHome();
  const server = home.start();
  await server.ready();
  return { home, server, root: await setUp(server, server.setupLink()) };
}

const refresh = ({ url }: RunningProcess, { body }: Answer): Promise<Answer> =>
  call({ url }, '/api/auth/refresh', { body: { refreshToken: body['refreshToken'] } });

describe('cli migrate and config', () => {
  it('migrate makes the database, and says so the second time', async () => {
    const home = await createHome();
    const first = await home.cli('migrate');
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^Applied 0001-[\w-]+(, [\w-]+)*\.\n\n {2}There is no administrator yet\./,
      ) as unknown,
    });
    const again = await home.cli('migrate');
    expect(again).toMatchObject({ code: 0, stdout: asText('The database is up to date.\n') });
    const server = home.start({ MIGRATE: 'check' });
    await server.ready();
    expect((await setUp(server, /http:\S+/.exec(first.stdout)?.[0])).status).toBe(201);
    expectDone(await home.cli('migrate'), 'The database is up to date.\n');
  });

  it('what needs the tables says where they are missing, and makes none', async () => {
    const home = await createHome();
    const lacking = `SQLite (${home.dataDir}/gatehouse.sqlite) lacks tables of this release. If it is the right database, start the server or run "npm run cli -- migrate".`;
    expectRefusal(await home.cli('keys', 'list'), lacking);
    expectRefusal(await home.cli('admin', 'setup'), lacking);
  });

  it('DP-01 config check says that all is well, and which database it is, without its password', async () => {
    const home = await createHome();
    const port = new URL(home.url).port;
    expectDone(
      await home.cliWith({ DATABASE_URL: 'postgres://gate:hunter2@db:5432/app' }, 'config', 'check'),
      `The configuration is valid: local mode, http://localhost:${port}, PostgreSQL (db:5432/app).\n`,
    );
    expect(await home.cliWith({ SIGNUPS: 'open' }, 'config', 'check')).toMatchObject({
      code: 0,
      stderr: 'gatehouse: SIGNUPS is not a variable of Gatehouse; did you mean SIGN_UP?\n',
    });
  });

  it('DP-01 of several commands that start at once in an empty folder, all find the same secret', async () => {
    for (let round = 0; round < 3; round += 1) {
      const home = await createHome();
      // They need the secret for the running server, which there is not, and nothing else.
      const finished = await Promise.all([1, 2, 3, 4].map(() => home.cli('limits', 'list')));
      for (const { code, stderr } of finished)
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: expect.stringMatching(/^gatehouse: no server/) as unknown,
        });
      expect(readdirSync(home.dataDir)).toEqual(['app-secret']);
    }
  });

  it('DP-01 what compose reads from the same file is no misspelt variable, and an empty line sets nothing', async () => {
    const home = await createHome();
    const names = [
      ...['COMPOSE_PROJECT_NAME', 'COMPOSE_PROFILES', 'ENV_FILE', 'HTTP_PORT', 'HTTP_BIND', 'SUBNET', 'SECRETS_DIR'],
      ...['BACKEND_REPLICAS', 'BACKEND_MEMORY', 'BACKEND_CPUS', 'BACKEND_IMAGE', 'FRONTEND_IMAGE', 'IMAGE_TAG'],
      ...['NGINX_IMAGE', 'NODE_IMAGE', 'POSTGRES_IMAGE', 'REDIS_IMAGE', 'BACKUP_HOOK', 'BACKUP_KEEP'],
      ...['POSTGRES_MEMORY', 'POSTGRES_CONNECTIONS', 'POSTGRES_DB', 'POSTGRES_USER', 'REDIS_MEMORY', 'REDIS_MAXMEMORY'],
      ...['REDIS_PASSWORD_FILE', 'RELEASE_VERSION', 'RELEASE_REVISION', 'RELEASE_SOURCE', 'GATEHOUSE_CLI'],
    ];
    const env = {
      ...Object.fromEntries(names.map((name) => [name, 'x'])),
      SIGN_UP: '',
      BCRYPT_COST: '',
      ADMIN_EMAIL: '',
    };
    expect(await home.cliWith(env, 'config', 'check')).toMatchObject({ code: 0, stderr: '' });
  });

  it('DP-01 config check says all that is wrong, as the start would', async () => {
    const home = await createHome({ PUBLIC_URL: 'https://auth.example.org', APP_SECRET: 'changeme' });
    const checked = await home.cli('config', 'check');
    expect(checked).toMatchObject({
      code: 78,
      stdout: '',
      stderr: asText('The configuration has 2 faults:\n  - APP_SECRET is'),
    });
    expect(await home.cli('keys', 'list')).toEqual(checked);
  });

  it('config table has a row for every variable', async () => {
    const { code, stdout } = await (await createHome()).cli('config', 'table');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\| Variable \| Default \| What it does \|\n\| --- \| --- \| --- \|\n\| `PORT` \|/);
    expect(stdout).toContain('| `APP_SECRET`, `APP_SECRET_FILE` |');
  });
});

describe('cli that was mistyped', () => {
  it('is refused in words', async () => {
    const home = await createHome();
    const [unknown, incomplete, tooMany] = await Promise.all([
      home.cli('migrat'),
      home.cli('keys', 'revoke'),
      home.cli('users', 'disable', 'a', 'b'),
    ]);
    expectRefusal(unknown, "unknown command 'migrat'\n(Did you mean migrate?)");
    expectRefusal(incomplete, "missing required argument 'kid'");
    expectRefusal(tooMany, "too many arguments for 'disable'. Expected 1 argument but got 2: a, b.");
  });
});

describe('cli admin', () => {
  it('PW-16 setup makes a new link while the server runs; the printed one is worthless, the new one works once; recover makes another administrator', async () => {
    const home = await createHome();
    const server = home.start();
    await server.ready();
    const { code, stdout } = await home.cli('admin', 'setup');
    const link = /http:\S+/.exec(stdout)?.[0];
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Open this link to make an administrator:\n\n  ${link}\n\nIt works once, for 30 minutes; earlier links are void.\n`,
    });
    expect((await setUp(server, server.setupLink())).status).toBe(403);
    expect(await setUp(server, link)).toMatchObject({ status: 201, body: { user: { roles: ['admin'] } } });
    expect((await setUp(server, link, 'second')).status).toBe(403);
    expectRefusal(
      await home.cli('admin', 'setup'),
      'there is an administrator already. If nobody can sign in as one, "npm run cli -- admin recover" makes another.',
    );
    const recovery = await home.cli('admin', 'recover');
    expect(recovery).toMatchObject({ code: 0, stderr: '' });
    const rescue = await setUp(server, /http:\S+/.exec(recovery.stdout)?.[0], 'rescue');
    expect(rescue).toMatchObject({ status: 201, body: { user: { roles: ['admin'] } } });
    expect((await signIn(server, 'root')).status).toBe(200);
  });
});

describe('cli keys', () => {
  const list = async (home: Home) =>
    (await home.cli('keys', 'list')).stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s+/).slice(0, 2));
  const published = async (server: RunningProcess): Promise<string[]> =>
    ((await call(server, '/.well-known/jwks.json')).body['keys'] as { kid: string }[]).map(({ kid }) => kid);
  const kidOf = ({ body }: Answer): unknown =>
    (
      JSON.parse(Buffer.from(String(body['accessToken']).split('.')[0] ?? '', 'base64url').toString()) as {
        kid: string;
      }
    ).kid;

  it('JW-03 rotate: the running server signs with the next key at once, and nobody is signed out', async () => {
    const { home, server, root } = await startServer();
    const [[current], [standby]] = (await list(home)) as [[string], [string]];
    expect(kidOf(root)).toBe(current);
    expectDone(await home.cli('keys', 'rotate'), `Signing with ${standby} now.\n`);
    const renewed = await refresh(server, root);
    expect(kidOf(renewed)).toBe(standby);
    expect((await getMe(server, root)).status).toBe(200);
    expect((await getMe(server, renewed)).status).toBe(200);
    const keys = await list(home);
    expect(keys.map(([, state]) => state)).toEqual(['previous', 'current', 'standby']);
    expect(new Set(await published(server))).toEqual(new Set(keys.map(([kid]) => kid)));
  });

  it('JW-07 revoke: the running server refuses at once what that key signed, and sessions go on', async () => {
    const { home, server, root } = await startServer();
    expect((await getMe(server, root)).status).toBe(200);
    const kid = String(kidOf(root));
    expectDone(
      await home.cli('keys', 'revoke', kid),
      `${kid} is revoked: access tokens it signed are refused, sessions go on.\n`,
    );
    expect((await getMe(server, root)).status).toBe(401);
    expect(await published(server)).not.toContain(kid);
    const renewed = await refresh(server, root);
    expect(renewed.status).toBe(200);
    expect((await getMe(server, renewed)).status).toBe(200);
    for (const unknown of [kid, '-h'])
      expectRefusal(
        await home.cli('keys', 'revoke', unknown),
        `there is no key ${unknown} to revoke; "npm run cli -- keys list" shows them.`,
      );
  });

  it('SE-06 refuses to make keys that the server could not open; reset is for a lost APP_SECRET', async () => {
    const { home, server, root } = await startServer();
    const other = { APP_SECRET: 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt' };
    const before = await list(home);
    for (const args of [['rotate'], ['revoke', String(kidOf(root))]])
      expect(await home.cliWith(other, 'keys', ...args)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^gatehouse: APP_SECRET is not the one this database was made with\..*\n$/,
        ) as unknown,
      });
    expect(await list(home)).toEqual(before);
    server.kill('SIGTERM');
    await server.ended;
    expectDone(
      await home.cliWith(other, 'keys', 'reset'),
      '2 keys revoked, two new ones made. Restart every server that runs with another APP_SECRET.\n',
    );
    const restarted = home.start(other);
    await restarted.ready();
    expect((await getMe(restarted, root)).status).toBe(401);
    expect((await refresh(restarted, root)).status).toBe(401);
    expect((await signIn(restarted, 'root')).status).toBe(200);
  });
});

describe('cli users', () => {
  it('AZ-04 disable acts on the next request, and enable lets them sign in again', async () => {
    const { home, server } = await startServer();
    const alice = await register(server, 'alice');
    expect((await getMe(server, alice)).status).toBe(200);
    expectDone(
      await home.cli('users', 'disable', 'ALICE@example.org'),
      'ALICE@example.org is disabled: all sessions have ended, and sign-in is refused.\n',
    );
    expect((await getMe(server, alice)).status).toBe(401);
    expect((await refresh(server, alice)).status).toBe(401);
    expect((await signIn(server, 'alice')).status).toBe(401);
    expectDone(await home.cli('users', 'enable', 'alice'), 'alice may sign in.\n');
    expect((await getMe(server, alice)).status).toBe(401);
    expect((await signIn(server, 'alice')).status).toBe(200);
  });

  it('AZ-04 roles acts on the next request, with the same token', async () => {
    const { home, server } = await startServer();
    const alice = await register(server, 'alice');
    expect((await getMe(server, alice)).body).toMatchObject({ user: { roles: ['user'] } });
    expectDone(
      await home.cli('users', 'roles', 'alice', 'admin', 'user'),
      'alice has admin, user, and nothing else.\n',
    );
    const promoted = await getMe(server, alice);
    expect(promoted.body).toMatchObject({
      user: { roles: ['admin', 'user'] },
      permissions: asArrayWith('users:update'),
    });
    expectDone(await home.cli('users', 'roles', 'alice'), 'alice has no role any more.\n');
    expect((await getMe(server, alice)).body).toMatchObject({ user: { roles: [] }, permissions: [] });
  });

  it('the last administrator stays, and who or what is unknown is said in words; nothing has changed', async () => {
    const { home, server, root } = await startServer();
    const last = 'Somebody else must be an administrator first.';
    expectRefusal(await home.cli('users', 'disable', 'root'), last);
    expectRefusal(await home.cli('users', 'roles', 'root', 'user'), last);
    expectRefusal(await home.cli('users', 'roles', 'root'), last);
    expectRefusal(await home.cli('users', 'enable', 'nobody'), 'There is no such user.');
    expectRefusal(await home.cli('users', 'roles', 'root', 'admin', 'king'), 'There is no role king.');
    expect((await getMe(server, root)).body).toMatchObject({ user: { roles: ['admin'], status: 'active' } });
  });
});

function asArrayWith(entry: string): unknown {
  return expect.arrayContaining([entry]) as unknown;
}
