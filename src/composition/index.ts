// Composition root: opens what the application stands on, builds each part once, and closes it. Nothing below it knows the whole.
import path from 'node:path';
import type { RequestListener } from 'node:http';
import { endpoints } from '#contract/index.ts';
import { permissionsOf } from '#contract/permissions.ts';
import { Problem } from '#contract/problem.ts';
import type { Config } from '../config/index.ts';
import { GrantError, isUnavailable, openDatabase } from '../database/open.ts';
import type { Database } from '../database/open.ts';
import type { Chore } from '../features/feature.ts';
import { FirstAdministratorError } from '../features/setup/index.ts';
import type { Prepared } from '../features/setup/index.ts';
import { UnknownSecretError } from '../features/signing-keys/index.ts';
import { createClientAddress } from '../http/client-address.ts';
import { createGate } from '../http/gate.ts';
import { createServer } from '../http/server.ts';
import { openRedis } from '../redis.ts';
import { createSecretRing } from '../security/app-secret.ts';
import { createOperatorToken } from '../security/operator-token.ts';
import { createFeatures, listOf } from './features.ts';
import type { ApplicationOptions, Features, Resources } from './features.ts';

export { describeDatabase, explainDatabaseFault, needsCorrection } from '../database/open.ts';
export { describeSetupLink } from '../features/setup/index.ts';
export type { Prepared } from '../features/setup/index.ts';
export { createListener } from '../http/listener.ts';
export type { ApplicationOptions } from './features.ts';

type Built = Features['parts'] & Features['faces'];

export interface Application extends Built {
  handler: RequestListener;
  database: Database;
  /**
   * Whatever must be there before the first request: tables, what features prepare, and an administrator or the way to make one.
   * Can be repeated after it failed.
   * @throws NotMigratedError where only somebody else may migrate, and has not yet
   */
  prepare(): Promise<Prepared>;
  /** Resolves with the names of the migrations that were applied, in order, and what the operator should know. */
  migrate(): Promise<{ applied: string[]; warnings: string[] }>;
  /** To be done now and then. */
  chores: readonly Chore[];
  /** Not ready from now on; requests are still served. */
  drain(): void;
  close(): Promise<void>;
}

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

function createHandler(options: ApplicationOptions, features: Features, resources: Resources): RequestListener {
  const { config, log } = options;
  const { parts, faces } = features;
  const all = listOf(faces);
  const permissions = permissionsOf(config.anonymousAccess === 'guest' ? ['guest'] : []);
  const credentials = all.flatMap((feature) => feature.credentials ?? []);
  return createServer({
    log,
    endpoints,
    routes: all.flatMap(({ routes = [] }) => routes),
    gate: createGate({ credentials, quotas: parts.rateLimit, anonymous: { kind: 'anonymous', permissions } }),
    quotas: parts.rateLimit,
    pageLimit: parts.pageLimit,
    configuredAccess: faces.apiDocs.accessOf,
    translateError,
    clientAddress: resources.clientAddress,
    observer: faces.proxyDoctor.observer,
    publicUrl: config.publicUrl,
    corsOrigins: config.corsOrigins,
    strictTransportSecurity: config.mode === 'production',
    pagesFolder: path.join(import.meta.dirname, '../../web/dist'),
    assets: faces.apiDocs.assets,
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

async function openResources({ config, log, now = Date.now }: ApplicationOptions): Promise<Resources> {
  const database = await openDatabase({ url: config.databaseUrl, poolSize: config.databasePoolSize, log, now });
  const redis = config.redisUrl === undefined ? undefined : openRedis({ url: config.redisUrl, log });
  return { database, redis, clientAddress: createClientAddress(config.trustedProxies), now };
}

export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const { config, log } = options;
  const resources = await openResources(options);
  const { database, redis } = resources;
  const features = createFeatures(options, resources);
  const { parts, faces } = features;
  const all = listOf(faces);
  const migrate: Application['migrate'] = () => migrateDatabase(options, database);
  return {
    ...parts,
    ...faces,
    handler: createHandler(options, features, resources),
    database,
    migrate,
    async prepare() {
      if (config.migrate === 'auto') for (const warning of (await migrate()).warnings) log.warn(warning);
      else if ((await database.pendingMigrations()).length > 0)
        throw new NotMigratedError('the database waits for its migrations');
      for (const feature of all) await feature.prepare?.();
      const prepared = await faces.setup.administrator.find();
      faces.health.started();
      return prepared;
    },
    chores: all.flatMap(({ chores = [] }) => chores),
    drain: faces.health.drain,
    async close() {
      for (const feature of all.toReversed()) await feature.close?.();
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
