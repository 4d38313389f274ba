import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { call } from './testing/personas.ts';
import { createHome, getMe, signIn, register, setUp } from './testing/start-process.ts';
import type { Home } from './testing/start-process.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

const modeOf = (home: Home, name: string): string => (statSync(path.join(home.dataDir, name)).mode & 0o777).toString(8);

const readLink = (home: Home): string => readFileSync(path.join(home.dataDir, 'setup-link'), 'utf8');

describe('a start from an empty folder', () => {
  it('PW-16 makes database, secret and link for their owner only, and shows the link to people, never to the log', async () => {
    const home = await createHome();
    const server = home.start();
    await server.ready();
    const link = server.setupLink();
    const port = new URL(home.url).port;
    expect(link).toMatch(new RegExp(`^http://localhost:${port}/setup#secret=[\\w-]{43}$`));
    expect(server.stderr).toBe(`
  There is no administrator yet. Open this link to make the first one:

    ${link}

  It works once, for 30 minutes. The next start, or "npm run cli -- admin setup", makes a new one. It is also in ${home.dataDir}/setup-link.

gatehouse: ready at http://localhost:${port}
`);
    expect(readLink(home)).toBe(`${link}\n`);
    for (const name of ['setup-link', 'app-secret', 'gatehouse.sqlite', 'gatehouse.sqlite-wal'])
      expect(`${name} ${modeOf(home, name)}`).toBe(`${name} 600`);
    expect((await call(server, '/readyz')).status).toBe(200);
    expect(server.logLines()).toMatchObject([{ level: 'info', msg: 'ready', database: 'sqlite', mode: 'local' }]);
  });

  it('PW-16 the second start makes another link, and the first one is worthless', async () => {
    const home = await createHome();
    const first = home.start();
    await first.ready();
    first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0 });
    const second = home.start();
    await second.ready();
    expect(second.setupLink()).not.toBe(first.setupLink());
    expect(readLink(home)).toBe(`${second.setupLink()}\n`);
    expect(await setUp(second, first.setupLink())).toMatchObject({
      status: 403,
      body: { type: 'urn:gatehouse:problem:invalid-setup-secret' },
    });
    expect(await setUp(second, second.setupLink())).toMatchObject({
      status: 201,
      body: { user: { roles: ['admin'] } },
    });
    expect(() => readLink(home)).toThrow('ENOENT');
  });

  it('PW-16 once there is an administrator, no start makes a link, and a stale file of one goes', async () => {
    const home = await createHome();
    const first = home.start();
    await first.ready();
    const link = first.setupLink();
    expect((await setUp(first, link)).status).toBe(201);
    first.kill('SIGKILL');
    await first.ended;
    writeFileSync(path.join(home.dataDir, 'setup-link'), `${link}\n`); // as if it was killed before it could remove it
    const second = home.start();
    await second.ready();
    expect(second.setupLink()).toBeUndefined();
    expect(() => readLink(home)).toThrow('ENOENT');
    expect((await setUp(second, link, 'other')).status).toBe(403);
    expect((await signIn(second, 'root')).status).toBe(200);
  });

  it('PW-16 a file of the link that others could read is replaced by one they cannot', async () => {
    const home = await createHome();
    mkdirSync(home.dataDir);
    writeFileSync(path.join(home.dataDir, 'setup-link'), 'old', { mode: 0o644 });
    const server = home.start();
    await server.ready();
    expect(readLink(home)).toBe(`${server.setupLink()}\n`);
    expect(modeOf(home, 'setup-link')).toBe('600');
  });
});

describe('the first administrator by the environment', () => {
  const administrator = async (home: Home, password: string) => {
    writeFileSync(path.join(home.folder, 'password'), `${password}\n`, { mode: 0o600 });
    return {
      ADMIN_EMAIL: 'Root@Example.org',
      ADMIN_USERNAME: 'captain',
      ADMIN_PASSWORD_FILE: path.join(home.folder, 'password'),
    };
  };

  it('PW-16 is made without a browser, once; what the variables say later changes nobody', async () => {
    const home = await createHome();
    const first = home.start(await administrator(home, 'velvet harbour 42 lantern'));
    await first.ready();
    expect(first.setupLink()).toBeUndefined();
    expect(await signIn(first, 'captain')).toMatchObject({ status: 200, body: { user: { roles: ['admin'] } } });
    expect((await signIn(first, 'root@example.org')).status).toBe(200);
    first.kill('SIGTERM');
    await first.ended;
    const second = home.start(await administrator(home, 'quiet meadow 17 compass'));
    await second.ready();
    expect((await signIn(second, 'captain')).status).toBe(200);
    expect((await signIn(second, 'captain', 'quiet meadow 17 compass')).status).toBe(401);
  });

  it.each([
    ['a short password', 'short', {}, /ADMIN_PASSWORD: Use at least 15 characters\./],
    ['no user name', 'velvet harbour 42 lantern', { ADMIN_USERNAME: 'a b' }, /ADMIN_USERNAME: A user name has 3 to 32/],
  ])('PW-16 with %s refuses the start, and says why', async (_what, password, more, reason) => {
    const home = await createHome();
    const { code, stderr } = await home.start({ ...(await administrator(home, password)), ...more }).ended;
    expect(stderr).toMatch(/^gatehouse: The configuration has (a fault|2 faults):\n/);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain(password === 'short' ? ' short' : password);
    expect(code).toBe(78);
  });
});

describe('a start that cannot be', () => {
  it('DP-01 for its configuration names all faults on standard error, nothing on standard output, and makes nothing', async () => {
    const home = await createHome({ PUBLIC_URL: 'https://auth.example.org', BCRYPT_COST: '4', APP_SECRTE: 'x' });
    const { stderr, ...ended } = await home.start().ended;
    expect(ended).toEqual({ code: 78, signal: null, stdout: '' });
    // Their words are tested where they are made, in src/config.
    const [, faults = '', hints = ''] =
      /^gatehouse: The configuration has 3 faults:\n((?: {2}- .+\n)+)This may be why:\n((?: {2}- .+\n)+)$/.exec(
        stderr,
      ) ?? [];
    const namesIn = (lines: string) => new Set([...lines.matchAll(/^ {2}- (\w+) /gm)].map(([, name]) => name));
    expect(namesIn(faults), stderr).toEqual(new Set(['APP_SECRET', 'BCRYPT_COST', 'CORS_ORIGINS']));
    expect(namesIn(hints), stderr).toEqual(new Set(['APP_SECRTE']));
    expect(() => statSync(home.dataDir)).toThrow('ENOENT');
  });

  it('DP-01 a variable that nobody reads is warned of, and .env is read', async () => {
    const home = await createHome();
    writeFileSync(path.join(home.folder, '.env'), 'SIGN_UP=closed\nSIGNUPS=open\n');
    const server = home.start();
    await server.ready();
    expect(server.stderr).toContain('gatehouse: SIGNUPS is not a variable of Gatehouse; did you mean SIGN_UP?\n');
    expect(await register(server, 'alice')).toMatchObject({ status: 403 });
  });

  it('for a port in use is one line that says what to do', async () => {
    const home = await createHome();
    const { port } = new URL(home.url);
    const other = createServer().listen(Number(port), '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    expect(await home.start().ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `gatehouse: cannot listen on 127.0.0.1:${port}: port ${port} is in use; stop what uses it, or set PORT to another.\n`,
    });
  });

  it('for a file that is no database is one line', async () => {
    const home = await createHome();
    const file = path.join(home.folder, 'notes.txt');
    writeFileSync(file, 'not a database at all, but long enough to be read as its head\n'.repeat(20));
    expect(await home.start({ DATABASE_URL: `file:${file}` }).ended).toMatchObject({
      code: 78,
      stdout: '',
      stderr: `gatehouse: The configuration has a fault:\n  - DATABASE_URL names ${file}, which is not an SQLite database.\n`,
    });
  });

  it('SE-06 for another APP_SECRET says so, and how to go on', async () => {
    const home = await createHome();
    const first = home.start();
    await first.ready();
    first.kill('SIGTERM');
    await first.ended;
    const { code, stderr } = await home.start({ APP_SECRET: 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt' }).ended;
    expect(stderr).toMatch(/^gatehouse: APP_SECRET is not the one this database was made with\. .*APP_SECRET_PREVIOUS/);
    expect(code).toBe(78);
  });
});

describe('what is printed', () => {
  it('LO-01 LO-03 standard output is JSON lines only, at every level, and holds no secret that was used', async () => {
    const home = await createHome({ LOG_LEVEL: 'trace' });
    const server = home.start();
    await server.ready();
    const link = server.setupLink() ?? '';
    const root = await setUp(server, link);
    const alice = await register(server, 'alice');
    const wrong = 'not the right lantern 17';
    const other = 'quiet meadow 17 compass';
    const token = String(alice.body['accessToken']);
    expect((await signIn(server, 'alice', wrong)).status).toBe(401);
    expect((await getMe(server, alice)).status).toBe(200);
    const refreshed = await call(server, '/api/auth/refresh', { body: { refreshToken: alice.body['refreshToken'] } });
    expect(refreshed.status).toBe(200);
    const change = { currentPassword: 'velvet harbour 42 lantern', newPassword: other };
    expect((await call(server, '/api/auth/password', { method: 'PATCH', token, body: change })).status).toBe(204);
    expect((await call(server, `/api/auth/me?access_token=${token}`, { token })).status).toBe(422);
    expect(
      (await call(server, '/api/auth/me', { headers: { Cookie: `__Host-gatehouse-session=${token}` } })).status,
    ).toBe(401);
    expect((await call(server, `/api/${token}`)).status).toBe(404);
    expect((await call(server, '/api/auth/login', { body: `{"password":"${wrong}"` })).status).toBe(400);
    server.kill('SIGTERM');
    const { stdout, stderr } = await server.ended;

    expect(server.logLines().length).toBeGreaterThan(10);
    const secrets = [
      ...['velvet harbour 42 lantern', wrong, other, link.split('#secret=')[1] ?? '', 'velvet', 'quiet meadow'],
      ...[root, alice, refreshed].flatMap(({ body }) => [String(body['accessToken']), String(body['refreshToken'])]),
      readFileSync(path.join(home.dataDir, 'app-secret'), 'utf8').trim(),
    ];
    expect(secrets.filter((secret) => secret.length < 6 || stdout.includes(secret))).toEqual([]);
    expect(secrets.filter((secret) => stderr.includes(secret))).toEqual([link.split('#secret=')[1]]);
    for (const line of server.logLines()) {
      expect(line).toMatchObject({ level: expect.any(String) as unknown, msg: expect.any(String) as unknown });
      expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });
});
