import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsedConfig } from '../testing/parsed-config.ts';
import { checkConfig, ConfigError, readConfig, readServerConfig } from './index.ts';
import { isSecret, variableNames } from './variables.ts';
import { createClientAddress } from '../http/client-address.ts';

const SECRET = 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const dataDir = () => path.join(folder, 'data');
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

const local = (env: Record<string, string> = {}) => parsedConfig({ DATA_DIR: dataDir(), ...env });
const production = (env: Record<string, string | undefined> = {}) =>
  parsedConfig({
    DATA_DIR: dataDir(),
    PUBLIC_URL: 'https://auth.example.org',
    APP_SECRET: SECRET,
    CORS_ORIGINS: 'none',
    ...env,
  });

/** The faults the environment is refused for; none where it is taken. */
function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe('all faults at once', () => {
  it('DP-01 one message names every variable that is missing or wrong, whatever kind its fault is of', () => {
    const faults = faultsOf(() =>
      parsedConfig({
        DATA_DIR: dataDir(),
        PORT: 'many',
        BCRYPT_COST: '9',
        LOG_LEVEL: 'loud',
        PUBLIC_URL: 'https://auth.example.org/app',
        DATABASE_URL: 'mysql://root:hunter2@localhost/app',
        TRUSTED_PROXIES: 'proxy.internal',
        SESSION_IDLE_SECONDS: '7200',
        SESSION_ABSOLUTE_SECONDS: '3600',
        ADMIN_EMAIL: 'root@example.org',
      }),
    );
    expect(faults).toEqual([
      'PORT must be a whole number from 1 to 65535, not "many".',
      'BCRYPT_COST must be a whole number from 10 to 15, not "9".',
      'LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent, not "loud".',
      'PUBLIC_URL: give only scheme, host and port, such as https://auth.example.org.',
      'TRUSTED_PROXIES: "proxy.internal" is neither an address nor a network nor "loopback".',
      'DATABASE_URL must begin with file: or postgres://.',
      'APP_SECRET (or APP_SECRET_FILE) is missing: make one with openssl rand -base64 48, and keep it.',
      'CORS_ORIGINS is missing: name the origins of your other sites, or say "none".',
      'SESSION_IDLE_SECONDS (7200) is longer than SESSION_ABSOLUTE_SECONDS (3600): lower it too.',
      'ADMIN_EMAIL needs ADMIN_PASSWORD_FILE (or ADMIN_PASSWORD).',
    ]);
  });

  it('DP-01 the message is one screen, a fault a line, and says what may be misspelt', () => {
    expect(() => production({ APP_SECRET: undefined, APP_SECRETS: SECRET, CORS_ORIGIN: 'none' })).toThrow(
      new ConfigError(
        ['APP_SECRET (or APP_SECRET_FILE) is missing: make one with openssl rand -base64 48, and keep it.'],
        [
          'APP_SECRETS is not a variable of Gatehouse; did you mean APP_SECRET?',
          'CORS_ORIGIN is not a variable of Gatehouse; did you mean CORS_ORIGINS?',
        ],
      ),
    );
    expect(new ConfigError(['one', 'two'], ['three']).message).toBe(
      'The configuration has 2 faults:\n  - one\n  - two\nThis may be why:\n  - three',
    );
  });

  it('LO-03 no message repeats a secret', () => {
    const message = () =>
      production({
        APP_SECRET: 'hunter2',
        DATABASE_URL: 'postgres://gate:hunter2@[nowhere/app',
        ADMIN_PASSWORD: 'hunter2',
        PUBLIC_URL: 'https://root:hunter2@auth.example.org',
      });
    expect(message).toThrow('PUBLIC_URL: give only scheme, host and port, such as https://auth.example.org.');
    expect(message).not.toThrow('hunter2');
  });

  it('LO-03 no message repeats a secret that is in no form that it could have', () => {
    for (const name of variableNames.filter(isSecret)) {
      const faults = faultsOf(() => local({ [name]: 'http://:hunter2@[nowhere/app' }));
      expect(faults.join('\n'), name).not.toContain('hunter2');
    }
  });

  it('DP-01 any environment gives a configuration or its faults, never another error', () => {
    const values = ['', ' ', ',', '0', '1', '-1', 'none', 'loopback', '*', 'null', 'file:', 'file://x', 'postgres://'];
    const more = ['https://a.b', 'http://[::1', '::/0', '::ffff:1.2.3.4/99', '10.0.0.0/8', '1.2.3.4/0', '\0', '/etc/x'];
    const names = variableNames.flatMap((name) => [name, `${name}_FILE`]);
    const name = fc.constantFrom(...names.filter((name) => name !== 'DATA_DIR'));
    const value = fc.oneof(fc.constantFrom(...values, ...more), fc.string(), fc.webUrl(), fc.ipV6());
    fc.assert(
      fc.property(fc.dictionary(name, value), (env) => {
        try {
          // What was taken can be used: proxy-addr would throw on a network it does not understand.
          createClientAddress(local(env).config.trustedProxies);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('where a value comes from', () => {
  it('DP-01 a secret may stand in a file: one line end at its end is not part of it', () => {
    expect(production({ APP_SECRET: undefined, APP_SECRET_FILE: file('a', `${SECRET}\n`) }).config.appSecret).toBe(
      SECRET,
    );
    expect(production({ APP_SECRET: undefined, APP_SECRET_FILE: file('b', `${SECRET}\r\n`) }).config.appSecret).toBe(
      SECRET,
    );
    const env = { ADMIN_EMAIL: 'root@example.org', ADMIN_PASSWORD_FILE: file('c', ' two lines \n\n') };
    expect(local(env).config.firstAdministrator).toEqual({
      email: 'root@example.org',
      username: 'admin',
      password: ' two lines \n',
    });
    const previous = file('d', `${SECRET}1\n${SECRET}2\n`);
    expect(production({ APP_SECRET_PREVIOUS_FILE: previous }).config.appSecretPrevious).toEqual([
      `${SECRET}1`,
      `${SECRET}2`,
    ]);
  });

  it('DP-01 both at once, a missing, an empty and an unreadable file are refused by name', () => {
    const missing = path.join(folder, 'missing');
    expect(faultsOf(() => production({ APP_SECRET_FILE: file('a', SECRET) }))).toEqual([
      'APP_SECRET and APP_SECRET_FILE are both set: keep one.',
    ]);
    expect(
      faultsOf(() =>
        local({ APP_SECRET_FILE: missing, DATABASE_URL_FILE: file('b', '\n'), DATABASE_MIGRATION_URL_FILE: folder }),
      ),
    ).toEqual([
      `DATABASE_URL_FILE: ${folder}/b is empty.`,
      `DATABASE_MIGRATION_URL_FILE: ${folder} cannot be read (EISDIR).`,
      `APP_SECRET_FILE: ${missing} cannot be read (it does not exist).`,
    ]);
    // Mounted always, filled while a new secret takes over.
    expect(production({ APP_SECRET_PREVIOUS_FILE: file('c', '\n') }).config.appSecretPrevious).toEqual([]);
  });

  it('DP-01 an empty value is no value, as compose passes it', () => {
    const empty = Object.fromEntries(variableNames.map((name) => [name, '']));
    expect(local({ ...empty, DATA_DIR: dataDir() }).config).toEqual(local().config);
    expect(faultsOf(() => production({ CORS_ORIGINS: '', APP_SECRET: '', APP_SECRET_FILE: '' }))).toHaveLength(2);
  });

  it.each([
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['BCRIPT_COST', 'BCRYPT_COST'],
    ['DATABASEURL', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['GATEHOUSE_PORT', 'PORT'],
    ['public_url', 'PUBLIC_URL'],
    ['ADMIN_PASSWORD_FIEL', 'ADMIN_PASSWORD_FILE'],
  ])('DP-01 warns of %s, which nobody reads', (wrong, right) => {
    expect(local({ [wrong]: 'x' }).warnings).toEqual([
      `${wrong} is not a variable of Gatehouse; did you mean ${right}?`,
    ]);
  });

  it('DP-01 does not warn of what belongs to others', () => {
    const others = [
      'HOME',
      'PATH',
      'POST',
      'PORTS',
      'HOSTNAME',
      'PGHOST',
      'PWD',
      'LOGNAME',
      'XDG_DATA_DIRS',
      'NODE_ENV',
    ];
    expect(local(Object.fromEntries(others.map((name) => [name, 'x']))).warnings).toEqual([]);
  });
});

describe('the secret of local mode', () => {
  it('DP-02 is made once, for its owner only, and kept; who only looks makes none', async () => {
    const env = { DATA_DIR: dataDir() };
    expect((await checkConfig(env)).config.appSecret).toBeUndefined();
    expect(() => statSync(dataDir())).toThrow('ENOENT');
    const { config } = readConfig(env);
    const secretFile = path.join(dataDir(), 'app-secret');
    expect(config.appSecret).toMatch(/^[\w-]{64}$/);
    expect(readFileSync(secretFile, 'utf8').trim()).toBe(config.appSecret);
    expect(statSync(secretFile).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir()).mode & 0o777).toBe(0o700);
    expect((await readServerConfig(env)).config.appSecret).toBe(config.appSecret);
    expect((await checkConfig(env)).config.appSecret).toBe(config.appSecret);
  });

  it('DP-02 is not made where one is given, or where the start is refused', async () => {
    readConfig({ DATA_DIR: dataDir(), APP_SECRET: SECRET });
    await readServerConfig({ DATA_DIR: dataDir(), APP_SECRET: SECRET });
    await expect(readServerConfig({ DATA_DIR: dataDir(), PORT: '0' })).rejects.toBeInstanceOf(ConfigError);
    expect(() => statSync(dataDir())).toThrow('ENOENT');
  });

  it('DP-02 a file that lost its secret, or cannot be, is a fault and not another secret', async () => {
    mkdirSync(dataDir());
    writeFileSync(path.join(dataDir(), 'app-secret'), '\n');
    expect(faultsOf(local)).toEqual([
      expect.stringContaining(`The secret in ${dataDir()}/app-secret is too short`) as unknown,
    ]);
    expect(readFileSync(path.join(dataDir(), 'app-secret'), 'utf8')).toBe('\n');
    chmodSync(dataDir(), 0o700);
    const inFile = { DATA_DIR: path.join(file('plain', ''), 'data') };
    await expect(checkConfig(inFile)).rejects.toThrow('the database');
    expect(faultsOf(() => readConfig(inFile))).toEqual([
      expect.stringMatching(/^DATA_DIR: .*app-secret cannot be made or read \(ENOTDIR\)\./) as unknown,
    ]);
  });

  it('nothing of the configuration can be changed afterwards', () => {
    const { config } = production({ CORS_ORIGINS: 'https://app.example.org', APP_SECRET_PREVIOUS: `${SECRET}1` });
    for (const value of [config, config.corsOrigins, config.trustedProxies, config.appSecretPrevious])
      expect(value).toSatisfy(Object.isFrozen);
  });
});
