import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsedConfig } from '../testing/parsed-config.ts';
import { ConfigError } from './index.ts';

const SECRET = 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt';

/** Valid as it is, and makes no file. */
const base = { DATA_DIR: path.join(tmpdir(), 'gatehouse-no-data'), APP_SECRET: SECRET };
const production = { ...base, PUBLIC_URL: 'https://auth.example.org', CORS_ORIGINS: 'none' };

const read = (env: Record<string, string>) => parsedConfig({ ...base, ...env }).config;

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    parsedConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe('production', () => {
  it.each([
    ['missing', '', 'is missing'],
    ['short', 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7a', 'is too short'],
    ['too uniform', 'abababababababababababababababababababab', 'looks like an example'],
    ['an example', 'CHANGE_ME_to_something_long_and_random_1234', 'looks like an example'],
    ['a placeholder', '<replace with: openssl rand -base64 48>', 'looks like an example'],
    ['a default', 'gatehouse-default-app-secret-0123456789', 'looks like an example'],
    ['a word for it', 'my-super-secret-key-that-is-quite-long!!', 'looks like an example'],
    ['with a comma', `${SECRET},${SECRET}`, 'holds a comma'],
    ['with a space', `${SECRET} ${SECRET}`, 'holds a comma or white space'],
  ])('JW-03 DP-02 refuses an APP_SECRET that is %s', (_kind, secret, reason) => {
    expect(faultsOf({ ...production, APP_SECRET: secret })).toContainEqual(expect.stringContaining(reason));
  });

  it('JW-03 takes what the message says how to make', () => {
    for (const secret of [
      'q2b3N9Xh0c1tYw7RkVfSgJm4pLuZaEoi5DxBnTQyWC8=',
      'f3'.repeat(4) + '09ab1c2d4e5768ff10293847acbdef56',
    ])
      expect(faultsOf({ ...production, APP_SECRET: secret })).toEqual([]);
  });

  it('JW-03 an example is refused in local mode too, where it is given', () => {
    expect(faultsOf({ ...base, APP_SECRET: 'CHANGE_ME_to_something_long_and_random_1234' })).toHaveLength(1);
  });

  it('JW-03 refuses an earlier secret that cannot have been one', () => {
    expect(faultsOf({ ...production, APP_SECRET_PREVIOUS: `${SECRET}1, short` })).toEqual([
      'APP_SECRET_PREVIOUS holds a secret that is too short to have been one.',
    ]);
  });

  it('DP-02 wants the list of CORS origins, and takes "none" for an empty one', () => {
    for (const missing of ['', ' , '])
      expect(faultsOf({ ...production, CORS_ORIGINS: missing })).toEqual([
        'CORS_ORIGINS is missing: name the origins of your other sites, or say "none".',
      ]);
    expect(read(production).corsOrigins).toEqual([]);
    expect(read({ ...production, CORS_ORIGINS: 'https://a.example.org, http://b.test:8080' }).corsOrigins).toEqual([
      'https://a.example.org',
      'http://b.test:8080',
    ]);
  });

  it.each([
    '*',
    'null',
    'https://a.example.org/',
    'a.example.org',
    'https://*.example.org/x',
    'ftp://a.b',
    'none,null',
  ])('DP-02 refuses the CORS origin %s', (origin) => {
    expect(faultsOf({ ...production, CORS_ORIGINS: origin })).not.toEqual([]);
    expect(faultsOf({ ...base, CORS_ORIGINS: origin })).not.toEqual([]);
  });

  it('documents are for who is signed in, and every interface listens; in local mode neither', () => {
    expect(read(production)).toMatchObject({ mode: 'production', apiDocs: 'signed-in', host: '0.0.0.0' });
    expect(read({})).toMatchObject({
      mode: 'local',
      apiDocs: 'public',
      host: '127.0.0.1',
      corsOrigins: 'any-localhost',
    });
  });
});

describe('PUBLIC_URL', () => {
  it.each([
    'http://localhost:3000',
    'http://localhost',
    'https://localhost:8443',
    'http://app.localhost:3000',
    'http://127.0.0.1:3000',
    'http://127.1.2.3',
    'http://[::1]:3000',
  ])('%s is local', (url) => {
    expect(read({ PUBLIC_URL: url })).toMatchObject({ mode: 'local', publicUrl: url });
  });

  it.each(['https://auth.example.org', 'https://203.0.113.7:8443', 'https://localhost.example.org'])(
    '%s is production',
    (url) => {
      expect(read({ ...production, PUBLIC_URL: url })).toMatchObject({ mode: 'production', publicUrl: url });
    },
  );

  it('follows PORT where it is not given, and has no slash at its end', () => {
    expect(read({ PORT: '4000' }).publicUrl).toBe('http://localhost:4000');
    expect(read({ ...production, PUBLIC_URL: 'https://AUTH.example.org:443/' }).publicUrl).toBe(
      'https://auth.example.org',
    );
  });

  it.each(['http://auth.example.org', 'http://192.168.1.20:3000', 'http://0.0.0.0:3000', 'http://127.0.0.1.nip.io'])(
    'DP-02 plain http on %s is refused with the reason',
    (url) => {
      expect(faultsOf({ ...production, PUBLIC_URL: url })).toEqual([
        'PUBLIC_URL: plain http works on localhost only (a browser gives such a page no secure cookie, no locks and no cryptography). Use https.',
      ]);
    },
  );

  it.each([
    ['https://auth.example.org/login', 'https://auth.example.org'],
    ['https://auth.example.org/?a=1', 'https://auth.example.org'],
    ['https://auth.example.org/#top', 'https://auth.example.org'],
    ['https://user@auth.example.org', 'https://auth.example.org'],
    ['https://:word@auth.example.org', 'https://auth.example.org'],
    ['http://localhost:3000/app', 'http://localhost:3000'],
  ])('DP-01 %s is refused, and what is right is shown', (url, right) => {
    expect(faultsOf({ ...production, PUBLIC_URL: url })).toEqual([
      `PUBLIC_URL: give only scheme, host and port, such as ${right}.`,
    ]);
  });

  it.each(['localhost:3000', 'ftp://localhost', 'https://', 'auth.example.org'])('DP-01 %s is refused', (url) => {
    expect(faultsOf({ ...production, PUBLIC_URL: url })).toEqual([
      `PUBLIC_URL: "${url}" is not an address such as https://auth.example.org or http://localhost:3000.`,
    ]);
  });

  it('DP-01 a local address without its scheme is not asked for what production needs', () => {
    expect(faultsOf({ DATA_DIR: base.DATA_DIR, PUBLIC_URL: 'localhost:3000' })).toHaveLength(1);
  });
});

describe('TRUSTED_PROXIES', () => {
  it('believes the machine itself where nothing is said, and nobody for "none"', () => {
    expect(read({}).trustedProxies).toEqual(['loopback']);
    expect(read({ TRUSTED_PROXIES: 'none' }).trustedProxies).toEqual([]);
    expect(read({ TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,2001:db8::/32 192.0.2.1' }).trustedProxies).toEqual([
      'loopback',
      '10.0.0.0/8',
      '2001:db8::/32',
      '192.0.2.1',
    ]);
  });

  it.each([
    // Guards: a form that one library reads and the other throws at ended the start with a stack.
    ['0::0.0.0.0', 'cannot be read; write the address in its usual form'],
    ['::ffff:10.0.0.0/8', 'write "::ffff:10.0.0.0/8" as an IPv4 address or network'],
    ['::FFFF:10.0.0.1', 'write "::FFFF:10.0.0.1" as an IPv4 address or network'],
    ['0:0:0:0:0:ffff:a00:0/104', 'as an IPv4 address or network'],
    ['0.0.0.0/0', 'is everybody'],
    ['::/0', 'is everybody'],
    ['10.0.0.0/33', 'is neither an address nor a network'],
    ['10.0.0.0/', 'is neither an address nor a network'],
    ['10.1', 'is neither an address nor a network'],
    ['0x7f.1', 'is neither an address nor a network'],
    ['true', 'is neither an address nor a network'],
    ['proxy.internal', 'is neither an address nor a network'],
    ['none,10.0.0.0/8', '"none" is neither an address nor a network'],
  ])('RL-06 refuses %s', (entry, reason) => {
    expect(faultsOf({ ...base, TRUSTED_PROXIES: entry })).toEqual([expect.stringContaining(reason)]);
  });
});

describe('DATABASE_URL', () => {
  it('is a file in DATA_DIR where nothing is said; the role for migrations is the same', () => {
    const url = `file:${path.join(base.DATA_DIR, 'gatehouse.sqlite')}`;
    expect(read({})).toMatchObject({ databaseUrl: url, databaseMigrationUrl: url });
  });

  it.each([
    'file:./data/app.sqlite',
    'file:/var/lib/app.sqlite',
    'file:///var/lib/app.sqlite',
    'postgres://gate:a%2Fb@db:5432/gatehouse?sslmode=verify-full',
    'postgresql://db/gatehouse',
    'postgres://gate@/gatehouse?host=/run/postgresql',
  ])('%s is taken', (url) => {
    expect(read({ DATABASE_URL: url })).toMatchObject({ databaseUrl: url, databaseMigrationUrl: url });
  });

  it.each([
    ['mysql://db/app', 'DATABASE_URL must begin with file: or postgres://.'],
    ['./app.sqlite', 'DATABASE_URL must begin with file: or postgres://.'],
    ['file:', 'DATABASE_URL must name a file, such as file:./data/gatehouse.sqlite.'],
    ['file::memory:', 'DATABASE_URL must name a file, such as file:./data/gatehouse.sqlite.'],
    [
      'file://server/x',
      'DATABASE_URL must name a file of this machine, such as file:/var/lib/gatehouse/gatehouse.sqlite.',
    ],
    [
      'postgres://gate:pa#ss@db/app',
      'DATABASE_URL is not a valid address: percent-encode special characters in its password.',
    ],
  ])('DP-01 %s is refused, once', (url, fault) => {
    expect(faultsOf({ ...base, DATABASE_URL: url })).toEqual([fault]);
  });

  it('DP-01 migrations go to the same database under another role', () => {
    const urls = { DATABASE_URL: 'postgres://app@db/x', DATABASE_MIGRATION_URL: 'postgres://owner@db/x' };
    expect(read(urls).databaseMigrationUrl).toBe('postgres://owner@db/x');
    const fault =
      'DATABASE_MIGRATION_URL must be the same PostgreSQL database under another role; SQLite knows no roles.';
    expect(faultsOf({ ...base, DATABASE_MIGRATION_URL: 'postgres://owner@db/x' })).toEqual([fault]);
    expect(faultsOf({ ...base, ...urls, DATABASE_MIGRATION_URL: 'file:./x.sqlite' })).toEqual([fault]);
  });
});

describe('what must be set together', () => {
  it('DP-01 the first administrator has an address and a password', () => {
    expect(faultsOf({ ...base, ADMIN_EMAIL: 'a@b.c' })).toEqual([
      'ADMIN_EMAIL needs ADMIN_PASSWORD_FILE (or ADMIN_PASSWORD).',
    ]);
    expect(faultsOf({ ...base, ADMIN_PASSWORD: 'velvet harbour 42 lantern' })).toEqual([
      'ADMIN_PASSWORD needs ADMIN_EMAIL: without it no administrator is made.',
    ]);
  });

  it('DP-01 a session cannot idle longer than it lasts, also where only one of the two was set', () => {
    expect(faultsOf({ ...base, SESSION_ABSOLUTE_SECONDS: '86400' })).toEqual([
      'SESSION_IDLE_SECONDS (604800) is longer than SESSION_ABSOLUTE_SECONDS (86400): lower it too.',
    ]);
  });
});
