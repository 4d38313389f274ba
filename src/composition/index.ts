// Composition root: opens what the application stands on, builds each part once, and closes it. Nothing below it knows the whole.
import path from 'node:path';
import type { RequestListener } from 'node:http';
import { endpoints } from '#contract/index.ts';
import { permissionsOf } from '#contract/permissions.ts';
import { Problem } from '#contract/problem.ts';
import type { Config } from '../config/index.ts';
import { GrantError, isUnavailable, openDatabase } from '../database/open.ts';
import type { Database } from '../database/open.ts';
import type { LogInThrottle } from '../features/log-in-throttle/index.ts';
import { findAdministrator, FirstAdministratorError } from '../features/setup/index.ts';
import type { Prepared, Setup } from '../features/setup/index.ts';
import { UnknownSecretError } from '../features/signing-keys/index.ts';
import type { SigningKeys } from '../features/signing-keys/index.ts';
import type { UserAdministration } from '../features/users/index.ts';
import { createServer } from '../http/server.ts';
import { openRedis } from '../redis.ts';
import { createSecretRing } from '../security/app-secret.ts';
import { createOperatorToken } from '../security/operator-token.ts';
import type { PasswordHasher } from '../security/password-hash.ts';
import { createFeatures, createRoutes } from './features.ts';
import type { ApplicationOptions, Features } from './features.ts';

export { describeDatabase, explainDatabaseFault, needsCorrection } from '../database/open.ts';
export { describeSetupLink } from '../features/setup/index.ts';
export { createListener } from '../http/listener.ts';

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
  logInThrottle: LogInThrottle;
  hasher: PasswordHasher;
  /** Not ready from now on; requests are still served. */
  drain(): void;
  close(): Promise<void>;
}

export type { Prepared } from '../features/setup/index.ts';
export type { ApplicationOptions } from './features.ts';

/** Thrown while the one-shot migration has not been run. Waiting helps. */
export class NotMigratedError extends Error {
  override readonly name = 'NotMigratedError';
}

const UNAVAILABLE_RETRY_SECONDS = 5;

/** An outage is never a wrong password, and never "internal". */
function translateError(error: unknown): Problem | undefined {
  if (!isUnavailable(error)) return undefined;
  return new Problem('unavailable', {
    detail: 'Try again shortly.',
    retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS,
    cause: error,
  });
}

function createHandler({ config, log }: ApplicationOptions, features: Features): RequestListener {
  return createServer({
    log,
    endpoints,
    routes: createRoutes(config, features),
    authenticate: features.authenticate,
    quotas: features.rateLimit,
    anonymous: { kind: 'anonymous', permissions: permissionsOf(config.anonymousAccess === 'guest' ? ['guest'] : []) },
    configuredAccess: features.apiDocs.accessOf,
    translateError,
    clientAddress: features.clientAddress,
    observer: features.proxyDoctor.observer,
    publicUrl: config.publicUrl,
    corsOrigins: config.corsOrigins,
    strictTransportSecurity: config.mode === 'production',
    pagesFolder: path.join(import.meta.dirname, '../../web/dist'),
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
  const features = createFeatures(options, { database, redis, now });
  const { sessions, logInThrottle, signingKeys, setup, userAdministration, hasher, health } = features;
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
    async tidyUp() {
      await logInThrottle.deleteForgotten();
      return await sessions.deleteLongEnded();
    },
    async prepare() {
      if (config.migrate === 'auto') for (const warning of (await migrate()).warnings) log.warn(warning);
      else if ((await database.pendingMigrations()).length > 0)
        throw new NotMigratedError('the database waits for its migrations');
      await signingKeys.start();
      // The event loop stands still meanwhile: better now than at the first sign-up.
      await features.strength.warmUp();
      const prepared = await findAdministrator({
        configured: config.firstAdministrator,
        makesLinks: config.migrate === 'auto',
        setup,
        users: features.users,
      });
      health.started();
      return prepared;
    },
    database,
    signingKeys,
    setup,
    userAdministration,
    logInThrottle,
    hasher,
    drain: health.drain,
    async close() {
      await database.close();
      redis?.close();
    },
  };
}

/** For the operator's command, which calls the running server. */
export const createOperatorCredential = ({ appSecret, appSecretPrevious }: Config, now: number): string =>
  createOperatorToken(createSecretRing(appSecret, appSecretPrevious), now);

/** Whether the same start may succeed later. */
export function isWorthWaiting(error: unknown): boolean {
  return error instanceof NotMigratedError || error instanceof GrantError || isUnavailable(error);
}

/** What the operator has to change, in words; undefined for a fault of ours. */
export function startFaults(error: unknown): string | undefined {
  const kinds = [UnknownSecretError, FirstAdministratorError, GrantError];
  return error instanceof Error && kinds.some((kind) => error instanceof kind) ? error.message : undefined;
}
