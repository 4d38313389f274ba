// Environment → typed, frozen Config. All faults in one message, so that nobody fixes them one start at a time.
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';
import type { QuotaPolicyName, WindowName } from '#contract/quota.ts';
import { isLoopbackHostName } from '../security/loopback.ts';
import { readVariables } from './environment.ts';
import type { Environment, EnvironmentValues, Report } from './environment.ts';
import { findMisspelt } from './misspelt.ts';
import { quotasFrom } from './quota-text.ts';

export { configurationTable, operatorCommand } from './environment.ts';
export type { Environment } from './environment.ts';

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
  readonly redisUrl: string | undefined;
  /** Requests for each window of each quota policy. */
  readonly quotas: Readonly<Record<QuotaPolicyName, Readonly<Partial<Record<WindowName, number>>>>>;
  /** Numbers that are tried out beside them. */
  readonly rehearsedQuotas: Readonly<Partial<Config['quotas']>>;
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

const bullets = (lines: readonly string[]): string => lines.map((line) => `\n  - ${line}`).join('');

/** Its message is for the operator, and says everything at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  /** @param hints what else looks wrong: a misspelt name is often why another one is missing */
  constructor(faults: readonly string[], hints: readonly string[] = []) {
    const title = `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:`;
    super(title + bullets(faults) + (hints.length > 0 ? `\nThis may be why:${bullets(hints)}` : ''));
    this.faults = faults;
  }
}

function readPublicUrl(text: string, report: Report): { publicUrl: string; mode: Config['mode'] } {
  const modeOf = (url: URL | null): Config['mode'] =>
    url && isLoopbackHostName(url.hostname) ? 'local' : 'production';
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    report(`PUBLIC_URL: "${text}" is not an address such as https://auth.example.org or http://localhost:3000.`);
    return { publicUrl: text, mode: modeOf(URL.parse(`http://${text}`)) }; // `localhost:3000` has the scheme "localhost:"
  }
  const mode = modeOf(url);
  if (url.pathname !== '/' || url.search || url.hash || url.username || url.password)
    report(`PUBLIC_URL: give only scheme, host and port, such as ${url.origin}.`);
  if (mode === 'production' && url.protocol === 'http:')
    report(
      'PUBLIC_URL: plain http works on localhost only (a browser gives such a page no secure cookie, no locks and no cryptography). Use https.',
    );
  return { publicUrl: url.origin, mode };
}

const EXAMPLES = /change|example|replace|your[-_ ]|secret|password|gatehouse|placeholder|x{8}|0123456789|abcdef/i;

/** Why the text cannot be a secret, or undefined. JW-03: at least 32 bytes, and nothing that stands in an example. */
function weaknessOfSecret(secret: string): string | undefined {
  if (Buffer.byteLength(secret) < 32)
    return 'is too short: at least 32 characters of randomness (openssl rand -base64 48)';
  if (EXAMPLES.test(secret) || new Set(secret).size < 12)
    return 'looks like an example: make one with openssl rand -base64 48';
  return undefined;
}

/**
 * On the disk before anything is sealed with it: a database without its secret is lost after a power failure. Whole from the first
 * moment on, and the first one stays: a server and a command may start together in an empty folder.
 */
function writeSecretOnce(file: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Local mode needs no secret from anyone: it is made once, for the owner's eyes only. */
function readLocalSecret(dataDir: string, report: Report): string {
  const file = path.join(dataDir, 'app-secret');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) writeSecretOnce(file);
    const secret = readFileSync(file, 'utf8').trim();
    const weakness = weaknessOfSecret(secret);
    if (weakness !== undefined)
      report(`The secret in ${file} ${weakness}. Put the former one back, or delete the file.`);
    return secret;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    report(`DATA_DIR: ${file} cannot be made or read (${code}). Make the folder writable, or set APP_SECRET.`);
    return '';
  }
}

function checkSecrets(values: EnvironmentValues, mode: Config['mode'], report: Report): void {
  const { APP_SECRET: secret, APP_SECRET_PREVIOUS: previous = [] } = values;
  if (secret === undefined && mode === 'production')
    report('APP_SECRET (or APP_SECRET_FILE) is missing: make one with openssl rand -base64 48, and keep it.');
  if (secret !== undefined) {
    const weakness = weaknessOfSecret(secret);
    if (weakness !== undefined) report(`APP_SECRET ${weakness}.`);
    if (/[\s,]/.test(secret))
      report('APP_SECRET holds a comma or white space, which APP_SECRET_PREVIOUS could not hold after it.');
  }
  if (previous.some((earlier) => Buffer.byteLength(earlier) < 32))
    report('APP_SECRET_PREVIOUS holds a secret that is too short to have been one.');
}

function readOrigins(
  origins: readonly string[] | undefined,
  mode: Config['mode'],
  report: Report,
): Config['corsOrigins'] {
  if (origins === undefined || origins.length === 0) {
    if (mode === 'production') report('CORS_ORIGINS is missing: name the origins of your other sites, or say "none".');
    return 'any-localhost';
  }
  if (origins.length === 1 && origins[0] === 'none') return [];
  for (const origin of origins) {
    const url = URL.parse(origin);
    if (origin === '*' || origin === 'null') report(`CORS_ORIGINS: "${origin}" would let any site in; name origins.`);
    else if (url === null || url.origin !== origin || !/^https?:$/.test(url.protocol))
      report(`CORS_ORIGINS: "${origin}" is not an origin such as https://app.example.org.`);
  }
  return origins;
}

function faultOfProxy(entry: string): string | undefined {
  const [address = '', bits] = entry.split('/');
  const known = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  if (!known || (bits !== undefined && !ipaddr.isValidCIDR(entry)))
    return `"${entry}" is neither an address nor a network nor "loopback"`;
  if (Number(bits) === 0) return `"${entry}" is everybody: anyone could then choose the address that is counted`;
  // RL-06: `::ffff:10.0.0.0/8` would be read as a network of all IPv4 addresses.
  if (ipaddr.IPv6.isValid(address) && ipaddr.IPv6.parse(address).isIPv4MappedAddress())
    return `write "${entry}" as an IPv4 address or network`;
  try {
    proxyAddr.compile([entry]); // as it will be read: forms that one library takes are not all known to the other
  } catch {
    return `"${entry}" cannot be read; write the address in its usual form`;
  }
  return undefined;
}

function readTrustedProxies(entries: readonly string[], report: Report): readonly string[] {
  if (entries.length === 1 && entries[0] === 'none') return [];
  for (const entry of entries) {
    const fault = entry === 'loopback' ? undefined : faultOfProxy(entry);
    if (fault !== undefined) report(`TRUSTED_PROXIES: ${fault}.`);
  }
  return entries;
}

/** Never with the URL in it: that holds a password. */
function faultOfDatabaseUrl(url: string): string | undefined {
  if (/^postgres(ql)?:\/\//.test(url)) {
    const parsed = URL.parse(url) ?? URL.parse(url.replace('@/', '@localhost/')); // without a host: a socket
    return parsed === null ? 'is not a valid address: percent-encode special characters in its password' : undefined;
  }
  if (!url.startsWith('file:')) return 'must begin with file: or postgres://';
  try {
    const file = url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
    return file === '' || file === ':memory:' ? 'must name a file, such as file:./data/gatehouse.sqlite' : undefined;
  } catch {
    return 'must name a file of this machine, such as file:/var/lib/gatehouse/gatehouse.sqlite';
  }
}

const isFile = (url: string): boolean => url.startsWith('file:');

function readDatabaseUrls(
  values: EnvironmentValues,
  dataDir: string,
  report: Report,
): Pick<Config, 'databaseUrl' | 'databaseMigrationUrl'> {
  const databaseUrl = values.DATABASE_URL ?? `file:${path.join(dataDir, 'gatehouse.sqlite')}`;
  const databaseMigrationUrl = values.DATABASE_MIGRATION_URL ?? databaseUrl;
  for (const name of ['DATABASE_URL', 'DATABASE_MIGRATION_URL'] as const) {
    const fault = values[name] === undefined ? undefined : faultOfDatabaseUrl(values[name]);
    if (fault !== undefined) report(`${name} ${fault}.`);
  }
  if (isFile(databaseUrl) ? databaseMigrationUrl !== databaseUrl : isFile(databaseMigrationUrl))
    report('DATABASE_MIGRATION_URL must be the same PostgreSQL database under another role; SQLite knows no roles.');
  return { databaseUrl, databaseMigrationUrl };
}

function checkTogether(values: EnvironmentValues, report: Report): void {
  const { SESSION_IDLE_SECONDS: idle, SESSION_ABSOLUTE_SECONDS: absolute } = values;
  if (idle > absolute)
    report(`SESSION_IDLE_SECONDS (${idle}) is longer than SESSION_ABSOLUTE_SECONDS (${absolute}): lower it too.`);
  if (values.ADMIN_EMAIL !== undefined && values.ADMIN_PASSWORD === undefined)
    report('ADMIN_EMAIL needs ADMIN_PASSWORD_FILE (or ADMIN_PASSWORD).');
  if (values.ADMIN_EMAIL === undefined && values.ADMIN_PASSWORD !== undefined)
    report('ADMIN_PASSWORD needs ADMIN_EMAIL: without it no administrator is made.');
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
function toConfig(values: EnvironmentValues, derived: Derived, report: Report): Config {
  return {
    ...derived,
    host: values.HOST ?? (derived.mode === 'local' ? '127.0.0.1' : '0.0.0.0'),
    port: values.PORT,
    databasePoolSize: values.DATABASE_POOL_SIZE,
    migrate: values.MIGRATE,
    appSecret: values.APP_SECRET ?? readLocalSecret(derived.dataDir, report),
    appSecretPrevious: values.APP_SECRET_PREVIOUS ?? [],
    signUp: values.SIGN_UP,
    anonymousAccess: values.ANONYMOUS_ACCESS,
    apiDocs: values.API_DOCS ?? (derived.mode === 'local' ? 'public' : 'signed-in'),
    redisUrl: values.REDIS_URL,
    ...quotasFrom(values),
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
  const warnings = findMisspelt(env);
  const values = readVariables(env, report);
  const { publicUrl, mode } = readPublicUrl(values.PUBLIC_URL ?? `http://localhost:${values.PORT}`, report);
  const dataDir = path.resolve(values.DATA_DIR);
  checkSecrets(values, mode, report);
  checkTogether(values, report);
  const derived: Derived = {
    mode,
    publicUrl,
    dataDir,
    ...readDatabaseUrls(values, dataDir, report),
    corsOrigins: readOrigins(values.CORS_ORIGINS, mode, report),
    trustedProxies: readTrustedProxies(values.TRUSTED_PROXIES, report),
  };
  if (faults.length > 0) throw new ConfigError(faults, warnings);
  const config = toConfig(values, derived, report);
  if (faults.length > 0) throw new ConfigError(faults, warnings);
  for (const list of [config.corsOrigins, config.trustedProxies, config.appSecretPrevious]) Object.freeze(list);
  return { config: Object.freeze(config), warnings };
}
