// `config check` and a start, on the same bad environments: what stops the one is what the other says.
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHome } from '../testing/start-process.ts';
import type { Home } from '../testing/start-process.ts';

const SECRET = 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt';
const GOOD = 'velvet harbour 42 lantern';

type Env = Record<string, string>;

/** What is wrong → the environment, where files of this home are needed, and a word that names the fault. */
const bad: readonly [what: string, env: (home: Home) => Env, named: RegExp][] = [
  ['an administrator without an address', () => ({ ADMIN_EMAIL: 'nonsense', ADMIN_PASSWORD: GOOD }), /ADMIN_EMAIL: /],
  [
    'an administrator whose password is too short',
    () => ({ ADMIN_EMAIL: 'root@example.org', ADMIN_PASSWORD: 'short' }),
    /ADMIN_PASSWORD: /,
  ],
  [
    'an administrator whose password is a common one',
    () => ({ ADMIN_EMAIL: 'root@example.org', ADMIN_PASSWORD: 'passwordpassword' }),
    /ADMIN_PASSWORD: /,
  ],
  [
    'an administrator whose password holds their own name',
    () => ({ ADMIN_EMAIL: 'root@example.org', ADMIN_USERNAME: 'lovelace', ADMIN_PASSWORD: 'lovelace harbour 42 lamp' }),
    /ADMIN_PASSWORD: /,
  ],
  [
    'an administrator whose password is too long',
    () => ({ ADMIN_EMAIL: 'root@example.org', ADMIN_PASSWORD: `${GOOD} `.repeat(3) }),
    /ADMIN_PASSWORD has 78 bytes/,
  ],
  [
    'an administrator with an impossible name',
    () => ({ ADMIN_EMAIL: 'root@example.org', ADMIN_USERNAME: 'no spaces', ADMIN_PASSWORD: GOOD }),
    /ADMIN_USERNAME: /,
  ],
  ['a name of an administrator that nobody asked for', () => ({ ADMIN_USERNAME: '!' }), /ADMIN_USERNAME: /],
  ['half an administrator', () => ({ ADMIN_EMAIL: 'root@example.org' }), /ADMIN_EMAIL needs/],
  ['an address of another machine', () => ({ HOST: '192.0.2.1' }), /HOST: 192\.0\.2\.1/],
  ['no address at all', () => ({ HOST: 'no host' }), /HOST: "no host"/],
  ['a folder in the place of the database', (home) => ({ DATABASE_URL: `file:${home.folder}` }), /EISDIR/],
  [
    'a file that is no database',
    (home) => {
      const file = path.join(home.folder, 'notes.txt');
      writeFileSync(file, 'These are no tables, but they are longer than a header.');
      return { DATABASE_URL: `file:${file}` };
    },
    /is not an SQLite database/,
  ],
  [
    'a folder that cannot be one',
    (home) => {
      const file = path.join(home.folder, 'plain');
      writeFileSync(file, '');
      return { DATA_DIR: path.join(file, 'data') };
    },
    /DATA_DIR: .*ENOTDIR/,
  ],
  [
    'a certificate that is not there',
    () => ({ DATABASE_URL: 'postgres://gate:x@127.0.0.1:1/app?sslmode=verify-full&sslrootcert=/nowhere/ca.pem' }),
    /DATABASE_URL names \/nowhere\/ca\.pem/,
  ],
  [
    'a secret that was damaged',
    (home) => {
      mkdirSync(home.dataDir, { recursive: true });
      writeFileSync(path.join(home.dataDir, 'app-secret'), 'short\n');
      return {};
    },
    /The secret in .*app-secret is too short/,
  ],
  ['a secret that nobody can read as one', () => ({ REDIS_URL: 'redis://:p%@localhost/0' }), /REDIS_URL must be like/],
  [
    'a link that leads nowhere',
    (home) => {
      symlinkSync('/nowhere/at/all', home.dataDir);
      return {};
    },
    /DATA_DIR: .*ENOENT/,
  ],
  [
    'a certificate that is none',
    (home) => {
      const file = path.join(home.folder, 'ca.pem');
      writeFileSync(file, 'not a certificate');
      return { DATABASE_URL: `postgres://gate:x@127.0.0.1:1/app?sslmode=verify-full&sslcert=${file}&sslkey=${file}` };
    },
    /DATABASE_URL names a certificate or a key/,
  ],
  [
    'a mode of encryption that there is not',
    () => ({ DATABASE_URL: 'postgres://x@127.0.0.1:1/a?sslmode=bogus' }),
    /sslmode/,
  ],
  ['parameters behind the file', () => ({ DATABASE_URL: 'file:x.sqlite?mode=ro' }), /without parameters/],
  ['production without its secret', () => ({ PUBLIC_URL: 'https://auth.example.org' }), /APP_SECRET/],
  ['a password in the address of Redis', () => ({ REDIS_URL: 'http://:hunter2@localhost' }), /REDIS_URL/],
  [
    'many at once',
    () => ({
      PORT: 'many',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://x',
      HOST: '192.0.2.1',
      ADMIN_EMAIL: 'nonsense',
      ADMIN_PASSWORD: 'short',
      SESSION_IDLE_SECONDS: '7200',
      SESSION_ABSOLUTE_SECONDS: '3600',
    }),
    /8 faults/,
  ],
];

/** Every file below a folder. */
const filesOf = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted() : [];

describe('a bad environment', () => {
  it.each(bad)('DP-01 %s stops the start, and config check says so', async (_what, prepare, named) => {
    const home = await createHome();
    const env = prepare(home);
    const before = filesOf(home.folder);
    const checked = await home.cliWith(env, 'config', 'check');
    expect(checked).toMatchObject({ code: 78, stdout: '', stderr: expect.stringMatching(named) as unknown });
    expect(filesOf(home.folder), 'looking writes nothing').toEqual(before);
    const started = await home.start(env).ended;
    expect(started).toMatchObject({ code: 78, stdout: '', stderr: checked.stderr });
    expect(filesOf(home.folder), 'and so does a start that is refused').toEqual(before);
    expect(checked.stderr).not.toContain('hunter2');
  });

  it('DP-01 a bad administrator stops the start also where there is one already, until it is mended or taken out', async () => {
    const home = await createHome({ APP_SECRET: SECRET });
    const good = { ADMIN_EMAIL: 'root@example.org', ADMIN_PASSWORD: GOOD };
    const first = home.start(good);
    await first.ready();
    first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(await home.start({ ...good, ADMIN_PASSWORD: 'short' }).ended).toMatchObject({ code: 78 });
    expect(await home.cliWith({ ...good, ADMIN_PASSWORD: 'short' }, 'config', 'check')).toMatchObject({ code: 78 });
    const later = home.start();
    await later.ready();
  });
});

describe('a command', () => {
  // Guards: an operator's shell lacks the right to a low port, a container has another address, the rule for passwords became stricter.
  it('DP-01 is not kept from its work by what concerns a server alone', async () => {
    const home = await createHome();
    const server = home.start();
    await server.ready();
    server.kill('SIGTERM');
    await server.ended;
    const env = { HOST: '192.0.2.1', ADMIN_EMAIL: 'root@example.org', ADMIN_PASSWORD: 'short but given' };
    expect(await home.cliWith({ ...env, PASSWORD_MIN_LENGTH: '30' }, 'admin', 'setup')).toMatchObject({ code: 0 });
    expect(await home.cliWith({ ...env, PASSWORD_MIN_LENGTH: '30' }, 'config', 'check')).toMatchObject({ code: 78 });
  });
});

describe('a good environment', () => {
  it('DP-01 is one whose secret can be read and not written, too', async () => {
    const home = await createHome();
    expect(await home.cli('migrate')).toMatchObject({ code: 0 });
    chmodSync(path.join(home.dataDir, 'app-secret'), 0o400);
    expect(await home.cli('config', 'check')).toMatchObject({ code: 0 });
    const server = home.start();
    await server.ready();
  });

  it('DP-01 is called valid, in an empty folder too, and beside a server that runs with it', async () => {
    const home = await createHome();
    const checked = await home.cli('config', 'check');
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(filesOf(home.folder)).toEqual([]);
    const server = home.start();
    await server.ready();
    expect(await home.cli('config', 'check')).toEqual(checked);
  });
});
