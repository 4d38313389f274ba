// Composition root: builds each part once, top to bottom, by hand. Nothing below it knows the whole.
import path from 'node:path';
import type { RequestListener } from 'node:http';
import { endpoints } from '#contract/index.ts';
import { permissionsOf } from '#contract/permissions.ts';
import { Problem } from '#contract/problem.ts';
import type { Config } from './config.ts';
import { GrantError, isUnavailable, openDatabase } from './database/open.ts';
import type { Database } from './database/open.ts';
import { createApiDocs } from './features/api-docs/index.ts';
import { createAudit } from './features/audit/index.ts';
import {
  createAuth,
  createAuthRoutes,
  createPasswordRules,
  findReplaced,
  sessionAnswer,
} from './features/auth/index.ts';
import { createHealthChecks, createHealthRoutes } from './features/health/index.ts';
import { createRateLimit } from './features/rate-limit/index.ts';
import { createRoleRoutes } from './features/roles/index.ts';
import { createSessions } from './features/sessions/index.ts';
import { createSetup, createSetupRoutes } from './features/setup/index.ts';
import type { Setup } from './features/setup/index.ts';
import { createSigningKeyRoutes, createSigningKeys, UnknownSecretError } from './features/signing-keys/index.ts';
import type { SigningKeys } from './features/signing-keys/index.ts';
import { createUserAdministration, createUsers } from './features/users/index.ts';
import type { UserAdministration } from './features/users/index.ts';
import { findAdministrator, FirstAdministratorError } from './first-administrator.ts';
import type { Prepared } from './first-administrator.ts';
import type { Route } from './http/route.ts';
import { createServer } from './http/server.ts';
import { openRedis } from './redis.ts';
import type { Redis } from './redis.ts';
import type { Logger } from './log.ts';
import { createSecretRing } from './security/app-secret.ts';
import { createPasswordHasher } from './security/password-hash.ts';
import type { PasswordHasher } from './security/password-hash.ts';
import { PASSWORD_MAX_BYTES } from './security/password-limits.ts';
import { createPasswordStrength } from './security/password-strength.ts';

export { describeDatabase, explainDatabaseFault, needsCorrection } from './database/open.ts';
export { describeSetupLink } from './features/setup/index.ts';
export { createListener } from './http/listener.ts';

export interface ApplicationOptions {
  config: Config;
  log: Logger;
  version: string;
  /** How the operator's command is called where this runs, for what people are told to do: `npm run cli --`. */
  command: string;
  /** How many passwords may be hashed at once: min(cores, thread pool − 2). */
  hashConcurrency: number;
  now?: () => number;
  /** Told when the set-up link has been used. */
  onSetupCompleted?: () => void;
}

export interface Application {
  handler: RequestListener;
  /**
   * Whatever must be there before the first request: tables, signing keys, and an administrator or the way to make one.
   * Can be repeated after it failed.
   * @throws NotMigratedError where only somebody else may migrate, and has not yet
   */
  prepare(): Promise<Prepared>;
  /** Resolves with the names of the migrations that were applied, in order, and what the operator should know. */
  migrate(): Promise<{ applied: string[]; warnings: string[] }>;
  /**
   * For whoever prepares the database for others: the link, unless there is an administrator, or one is configured. One that was
   * made before and can still be used stays good: preparing again must not void what somebody is about to open.
   */
  createFirstLink(): Promise<{ link?: string; isStillGood: boolean }>;
  /** To be called now and then: removes what nobody needs any more. Resolves with how many sessions that were. */
  tidyUp(): Promise<number>;
  database: Database;
  signingKeys: SigningKeys;
  setup: Setup;
  userAdministration: UserAdministration;
  hasher: PasswordHasher;
  /** Not ready from now on; requests are still served. */
  drain(): void;
  close(): Promise<void>;
}

export type { Prepared } from './first-administrator.ts';

/** Thrown while the one-shot migration has not been run. Waiting helps. */
export class NotMigratedError extends Error {
  override readonly name = 'NotMigratedError';
}

const BUSY_RETRY_SECONDS = 2;
const UNAVAILABLE_RETRY_SECONDS = 5;

const tooBusy = (): Problem =>
  new Problem('busy', {
    detail: 'Too many people are signing in at this moment. Try again shortly.',
    retryAfterSeconds: BUSY_RETRY_SECONDS,
  });

/** An outage is never a wrong password, and never "internal". */
function translateError(error: unknown): Problem | undefined {
  if (!isUnavailable(error)) return undefined;
  return new Problem('unavailable', {
    detail: 'Try again shortly.',
    retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS,
    cause: error,
  });
}

interface Resources {
  database: Database;
  redis: Redis | undefined;
}

/** Every feature, each given what it needs; top to bottom, by hand. */
function createFeatures(
  { config, version, command, now = Date.now, ...options }: ApplicationOptions,
  { database, redis }: Resources,
) {
  const secrets = createSecretRing(config.appSecret, config.appSecretPrevious);
  const { bcryptCost: cost, hashQueueLimit: queueLimit } = config;
  const hasher = createPasswordHasher({ cost, concurrency: options.hashConcurrency, queueLimit, tooBusy });
  const strength = createPasswordStrength();
  const rules = createPasswordRules({ minLength: config.passwordMinLength, strength });
  const audit = createAudit({ now });
  const users = createUsers({ database, now });
  const signingKeys = createSigningKeys({ database, secrets, audit, command, now });
  const rateLimit = createRateLimit({ numbers: config.quotas, redis, now });
  const sessions = createSessions({
    database,
    secrets,
    signingKeys,
    users,
    audit,
    issuer: config.publicUrl,
    accessTokenSeconds: config.accessTokenSeconds,
    idleSeconds: config.sessionIdleSeconds,
    absoluteSeconds: config.sessionAbsoluteSeconds,
    countRefresh: rateLimit.countRefresh,
    now,
  });
  const auth = createAuth({ database, users, sessions, hasher, rules, audit, signUp: config.signUp });
  const onUsed = options.onSetupCompleted ?? (() => {});
  const setup = createSetup({ database, auth, users, audit, publicUrl: config.publicUrl, command, now, onUsed });
  const userAdministration = createUserAdministration({
    database,
    terminateSessions: sessions.terminateOfUser,
    audit,
    now,
  });
  const health = createHealthChecks({ database, redis, version });
  const apiDocs = createApiDocs({ endpoints, version, publicUrl: config.publicUrl, access: config.apiDocs });
  return {
    hasher,
    strength,
    rules,
    users,
    signingKeys,
    rateLimit,
    sessions,
    auth,
    setup,
    userAdministration,
    health,
    apiDocs,
  };
}

type Features = ReturnType<typeof createFeatures>;

function createRoutes({ signUp, passwordMinLength }: Config, features: Features): Route[] {
  const { auth, sessions, rules, users, setup, signingKeys, health, apiDocs } = features;
  const options = { signUp, password: { minLength: passwordMinLength, maxBytes: PASSWORD_MAX_BYTES } };
  return [
    ...createHealthRoutes(health),
    ...createAuthRoutes({ auth, sessions, rules, options, hasAdministrator: () => users.hasAdministrator() }),
    ...createSetupRoutes({ setup, sessions, findReplaced, sessionAnswer }),
    ...createRoleRoutes(),
    ...createSigningKeyRoutes(signingKeys),
    ...apiDocs.routes,
  ];
}

function createHandler({ config, log }: ApplicationOptions, features: Features): RequestListener {
  return createServer({
    log,
    endpoints,
    routes: createRoutes(config, features),
    authenticate: features.sessions.authenticate,
    quotas: features.rateLimit,
    anonymous: { kind: 'anonymous', permissions: permissionsOf(config.anonymousAccess === 'guest' ? ['guest'] : []) },
    configuredAccess: features.apiDocs.accessOf,
    translateError,
    trustedProxies: config.trustedProxies,
    publicUrl: config.publicUrl,
    corsOrigins: config.corsOrigins,
    strictTransportSecurity: config.mode === 'production',
    pagesFolder: path.join(import.meta.dirname, '../web/dist'),
    assets: features.apiDocs.assets,
  });
}

/** A large table takes its time. A server that does not answer at all is noticed by the connection that listens. */
const MIGRATION_STATEMENT_MS = 24 * 60 * 60 * 1000;

/** Under the role that may change tables, where that is another one; then the server's own gets its rights from it. */
async function migrateDatabase(
  { config, log, now = Date.now }: ApplicationOptions,
  database: Database,
): Promise<{ applied: string[]; warnings: string[] }> {
  if (database.dialect === 'sqlite') return { applied: await database.migrate(), warnings: [] };
  const timeouts = { statementMillis: MIGRATION_STATEMENT_MS };
  const asOwner = await openDatabase({ url: config.databaseMigrationUrl, poolSize: 1, timeouts, log, now });
  try {
    let excess: string[] = [];
    const onExcess = (found: string[]): void => void (excess = found);
    const applied = await asOwner.migrate({ grantTo: config.databaseUrl, onExcess });
    return {
      applied,
      warnings: excess.map((text) => `the role of DATABASE_URL may do more than a server needs: ${text}`),
    };
  } finally {
    await asOwner.close();
  }
}

export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const { config, log, now = Date.now } = options;
  const database = await openDatabase({ url: config.databaseUrl, poolSize: config.databasePoolSize, log, now });
  const redis = config.redisUrl === undefined ? undefined : openRedis({ url: config.redisUrl, log });
  const features = createFeatures(options, { database, redis });
  const { signingKeys, setup, userAdministration, hasher, health } = features;
  const migrate: Application['migrate'] = () => migrateDatabase(options, database);
  return {
    handler: createHandler(options, features),
    migrate,
    async createFirstLink() {
      if (config.firstAdministrator !== undefined || (await features.users.hasAdministrator()))
        return { isStillGood: false };
      if (await setup.hasUsableLink()) return { isStillGood: true };
      const link = await setup.createLink('first-administrator');
      return { isStillGood: false, ...(link !== undefined && { link }) };
    },
    tidyUp: features.sessions.deleteLongEnded,
    async prepare() {
      if (config.migrate === 'auto') for (const warning of (await migrate()).warnings) log.warn(warning);
      else if ((await database.pendingMigrations()).length > 0)
        throw new NotMigratedError('the database waits for its migrations');
      await signingKeys.start();
      // The event loop stands still meanwhile: better now than at the first sign-up.
      await features.strength.warmUp();
      const prepared = await findAdministrator(config, features);
      health.started();
      return prepared;
    },
    database,
    signingKeys,
    setup,
    userAdministration,
    hasher,
    drain: health.drain,
    async close() {
      await database.close();
      redis?.close();
    },
  };
}

/** Whether the same start may succeed later. */
export function isWorthWaiting(error: unknown): boolean {
  return error instanceof NotMigratedError || error instanceof GrantError || isUnavailable(error);
}

/** What the operator has to change, in words; undefined for a fault of ours. */
export function startFaults(error: unknown): string | undefined {
  const kinds = [UnknownSecretError, FirstAdministratorError, GrantError];
  return error instanceof Error && kinds.some((kind) => error instanceof kind) ? error.message : undefined;
}
