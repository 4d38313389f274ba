// Environment → typed, frozen Config. All faults in one message, so that nobody fixes them one start at a time.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ipaddr from 'ipaddr.js';
import { describeVariable, environment, variableNames } from './environment.ts';
import type { EnvironmentValues, VariableName } from './environment.ts';

export { configurationTable } from './environment.ts';

export interface Config {
  readonly mode: 'local' | 'production';
  /** Origin without a trailing slash; also the issuer and audience of access tokens. */
  readonly publicUrl: string;
  readonly host: string;
  readonly port: number;
  /** Addresses and networks, or names that proxy-addr knows (`loopback`). */
  readonly trustedProxies: readonly string[];
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly databaseMigrationUrl: string;
  readonly databasePoolSize: number;
  readonly migrate: 'auto' | 'check';
  readonly appSecret: string;
  readonly appSecretPrevious: readonly string[];
  readonly corsOrigins: readonly string[] | 'any-localhost';
  readonly signUp: 'open' | 'invite' | 'closed';
  readonly anonymousAccess: 'none' | 'guest';
  readonly apiDocs: 'public' | 'signed-in' | 'off';
  readonly passwordMinLength: number;
  readonly bcryptCost: number;
  readonly hashQueueLimit: number;
  readonly accessTokenSeconds: number;
  readonly sessionIdleSeconds: number;
  readonly sessionAbsoluteSeconds: number;
  readonly firstAdministrator:
    { readonly email: string; readonly username: string; readonly password: string } | undefined;
  readonly logLevel: EnvironmentValues['LOG_LEVEL'];
  readonly drainDelaySeconds: number;
  readonly drainSeconds: number;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Collects faults instead of throwing at the first. */
type Report = (fault: string) => void;

const isSecret = (name: VariableName): boolean => describeVariable(name).secret === true;

/** `NAME_FILE` stands for `NAME`; one newline at its end is not part of the secret. Empty means unset, as compose passes it. */
function readVariables(env: Environment, report: Report): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of variableNames) {
    const value = env[name];
    const file = isSecret(name) ? env[`${name}_FILE`] : undefined;
    if (value && file) report(`${name} and ${name}_FILE are both set: keep one.`);
    else if (value) values[name] = value;
    else if (file) {
      try {
        values[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
        if (values[name] === '') report(`${name}_FILE: ${file} is empty.`);
      } catch (error) {
        report(`${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}).`);
      }
    }
  }
  return values;
}

const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);

function readPublicUrl(text: string, report: Report): { publicUrl: string; mode: Config['mode'] } {
  const url = URL.parse(text);
  const mode = url !== null && isLoopbackHost(url.hostname) ? 'local' : 'production';
  if (url === null || !/^https?:$/.test(url.protocol)) report(`PUBLIC_URL: "${text}" is not an http or https address.`);
  else if (url.pathname !== '/' || url.search || url.hash || url.username)
    report(`PUBLIC_URL: give only scheme, host and port, such as ${url.protocol}//${url.host}.`);
  else if (mode === 'production' && url.protocol === 'http:')
    report(
      'PUBLIC_URL: plain http works on localhost only (a browser gives such a page no secure cookie, no locks and no cryptography). Use https.',
    );
  return { publicUrl: url?.origin ?? text, mode };
}

const EXAMPLES = /change|example|replace|your[-_ ]|secret|password|gatehouse|placeholder|x{8}|0123456789|abcdef/i;

/** Why the text cannot be a secret, or undefined. JW-03: at least 32 bytes, and nothing that stands in an example. */
export function weaknessOfSecret(secret: string): string | undefined {
  if (Buffer.byteLength(secret) < 32)
    return 'is too short: at least 32 characters of randomness (openssl rand -base64 48)';
  if (EXAMPLES.test(secret) || new Set(secret).size < 12)
    return 'looks like an example: make one with openssl rand -base64 48';
  return undefined;
}

/** Local mode needs no secret from anyone: it is made once, for the owner's eyes only. */
function localSecret(dataDir: string): string {
  const file = path.join(dataDir, 'app-secret');
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  }
  return readFileSync(file, 'utf8').trim();
}

function checkSecrets(values: EnvironmentValues, mode: Config['mode'], report: Report): void {
  if (values.APP_SECRET === undefined) {
    if (mode === 'production')
      report('APP_SECRET (or APP_SECRET_FILE) is missing: make one with openssl rand -base64 48, and keep it.');
  } else {
    const weakness = weaknessOfSecret(values.APP_SECRET);
    if (weakness !== undefined) report(`APP_SECRET ${weakness}.`);
  }
  for (const previous of values.APP_SECRET_PREVIOUS ?? []) {
    if (Buffer.byteLength(previous) < 32)
      report('APP_SECRET_PREVIOUS holds a secret that is too short to have been one.');
  }
}

function readOrigins(
  origins: readonly string[] | undefined,
  mode: Config['mode'],
  report: Report,
): Config['corsOrigins'] {
  if (origins === undefined) {
    if (mode === 'production') report('CORS_ORIGINS is missing: name the origins of your other sites, or say "none".');
    return 'any-localhost';
  }
  if (origins.length === 1 && origins[0] === 'none') return [];
  for (const origin of origins) {
    if (origin === '*' || origin === 'null') report(`CORS_ORIGINS: "${origin}" would let any site in; name origins.`);
    else if (URL.parse(origin)?.origin !== origin)
      report(`CORS_ORIGINS: "${origin}" is not an origin such as https://app.example.org.`);
  }
  return origins;
}

/** RL-06: `::ffff:10.0.0.0/8` would be read as a network of all IPv4 addresses. */
function readTrustedProxies(entries: readonly string[], report: Report): readonly string[] {
  if (entries.length === 1 && entries[0] === 'none') return [];
  for (const entry of entries) {
    const address = entry.split('/')[0] ?? '';
    const known = entry === 'loopback' || ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
    if (!known || (entry.includes('/') && !ipaddr.isValidCIDR(entry)))
      report(`TRUSTED_PROXIES: "${entry}" is neither an address nor a network nor "loopback".`);
    else if (/^::ffff:/i.test(address)) report(`TRUSTED_PROXIES: write "${entry}" as an IPv4 address or network.`);
  }
  return entries;
}

function readDatabaseUrl(name: VariableName, url: string, report: Report): string {
  if (!/^(file:.|postgres(ql)?:\/\/.)/.test(url)) report(`${name} must begin with file: or postgres://.`);
  return url;
}

/** Near misses of a name we know; everything else in the environment belongs to somebody else. */
function misspelt(env: Environment): string[] {
  const known = new Set<string>(variableNames.flatMap((name) => (isSecret(name) ? [name, `${name}_FILE`] : [name])));
  const plain = (name: string): string => name.replaceAll('_', '').toUpperCase();
  const byPlainName = new Map([...known].map((name) => [plain(name), name]));
  return Object.keys(env).flatMap((name) => {
    if (known.has(name)) return [];
    const close =
      byPlainName.get(plain(name)) ??
      byPlainName.get(plain(name).replace(/^GATEHOUSE/, '')) ??
      byPlainName.get(plain(name).replace(/S$/, ''));
    return close === undefined ? [] : [`${name} is not a variable of Gatehouse; did you mean ${close}?`];
  });
}

type Derived = Pick<
  Config,
  'mode' | 'publicUrl' | 'dataDir' | 'databaseUrl' | 'databaseMigrationUrl' | 'corsOrigins' | 'trustedProxies'
>;

function readFirstAdministrator(values: EnvironmentValues): Config['firstAdministrator'] {
  const { ADMIN_EMAIL: email, ADMIN_USERNAME: username, ADMIN_PASSWORD: password } = values;
  return email === undefined || password === undefined ? undefined : Object.freeze({ email, username, password });
}

/** Of values without a fault: makes the local secret where there is none. */
function toConfig(values: EnvironmentValues, derived: Derived): Config {
  return {
    ...derived,
    host: values.HOST ?? (derived.mode === 'local' ? '127.0.0.1' : '0.0.0.0'),
    port: values.PORT,
    databasePoolSize: values.DATABASE_POOL_SIZE,
    migrate: values.MIGRATE,
    appSecret: values.APP_SECRET ?? localSecret(derived.dataDir),
    appSecretPrevious: values.APP_SECRET_PREVIOUS ?? [],
    signUp: values.SIGN_UP,
    anonymousAccess: values.ANONYMOUS_ACCESS,
    apiDocs: values.API_DOCS ?? (derived.mode === 'local' ? 'public' : 'signed-in'),
    passwordMinLength: values.PASSWORD_MIN_LENGTH,
    bcryptCost: values.BCRYPT_COST,
    hashQueueLimit: values.HASH_QUEUE_LIMIT,
    accessTokenSeconds: values.ACCESS_TOKEN_SECONDS,
    sessionIdleSeconds: values.SESSION_IDLE_SECONDS,
    sessionAbsoluteSeconds: values.SESSION_ABSOLUTE_SECONDS,
    firstAdministrator: readFirstAdministrator(values),
    logLevel: values.LOG_LEVEL,
    drainDelaySeconds: values.DRAIN_DELAY_SECONDS,
    drainSeconds: values.DRAIN_SECONDS,
  };
}

/**
 * @param env the environment, `.env` included
 * @throws ConfigError with every fault at once
 * @returns the configuration, and warnings about variables that nobody reads
 */
export function readConfig(env: Environment): { config: Config; warnings: string[] } {
  const faults: string[] = [];
  const report: Report = (fault) => faults.push(fault);
  const parsed = environment.safeParse(readVariables(env, report));
  if (!parsed.success) {
    throw new ConfigError([
      ...faults,
      ...parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`),
    ]);
  }
  const values = parsed.data;
  const { publicUrl, mode } = readPublicUrl(values.PUBLIC_URL ?? `http://localhost:${values.PORT}`, report);
  const dataDir = path.resolve(values.DATA_DIR);
  const databaseUrl = readDatabaseUrl(
    'DATABASE_URL',
    values.DATABASE_URL ?? `file:${path.join(dataDir, 'gatehouse.sqlite')}`,
    report,
  );
  checkSecrets(values, mode, report);
  if (values.SESSION_IDLE_SECONDS > values.SESSION_ABSOLUTE_SECONDS)
    report('SESSION_IDLE_SECONDS is longer than SESSION_ABSOLUTE_SECONDS.');
  if (values.ADMIN_EMAIL !== undefined && values.ADMIN_PASSWORD === undefined)
    report('ADMIN_EMAIL needs ADMIN_PASSWORD_FILE (or ADMIN_PASSWORD).');
  const corsOrigins = readOrigins(values.CORS_ORIGINS, mode, report);
  const trustedProxies = readTrustedProxies(values.TRUSTED_PROXIES, report);
  const databaseMigrationUrl = readDatabaseUrl(
    'DATABASE_MIGRATION_URL',
    values.DATABASE_MIGRATION_URL ?? databaseUrl,
    report,
  );
  if (faults.length > 0) throw new ConfigError(faults);
  const config = toConfig(values, {
    mode,
    publicUrl,
    dataDir,
    databaseUrl,
    databaseMigrationUrl,
    corsOrigins,
    trustedProxies,
  });
  return { config: Object.freeze(config), warnings: misspelt(env) };
}
