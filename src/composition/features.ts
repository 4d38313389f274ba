// Builds every feature, each given what it needs: top to bottom, by hand.
import { endpoints } from '#contract/index.ts';
import { Problem } from '#contract/problem.ts';
import type { Config } from '../config/index.ts';
import type { Database } from '../database/open.ts';
import { createApiDocs } from '../features/api-docs/index.ts';
import { createAudit } from '../features/audit/index.ts';
import { createAuth } from '../features/auth/index.ts';
import type { Feature } from '../features/feature.ts';
import { createHealth } from '../features/health/index.ts';
import { createOperator } from '../features/operator/index.ts';
import { createProxyDoctor } from '../features/proxy-doctor/index.ts';
import { createRateLimit } from '../features/rate-limit/index.ts';
import { createRoles } from '../features/roles/index.ts';
import { createSessions } from '../features/sessions/index.ts';
import { createSetup } from '../features/setup/index.ts';
import { createSignInThrottle } from '../features/sign-in-throttle/index.ts';
import { createSigningKeys } from '../features/signing-keys/index.ts';
import { createUserAdministration, createUsers } from '../features/users/index.ts';
import type { ClientAddress } from '../http/client-address.ts';
import type { Logger } from '../log.ts';
import type { Redis } from '../redis.ts';
import { createSecretRing } from '../security/app-secret.ts';
import { createPasswordHasher } from '../security/password-hash.ts';
import { createPasswordStrength } from '../security/password-strength.ts';

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

export interface Resources {
  database: Database;
  redis: Redis | undefined;
  clientAddress: ClientAddress;
  now: () => number;
}

const BUSY_RETRY_SECONDS = 2;

const tooBusy = (): Problem =>
  new Problem('busy', {
    detail: 'Too many people are signing in at this moment. Try again shortly.',
    retryAfterSeconds: BUSY_RETRY_SECONDS,
  });

/** What more than one feature stands on. */
function createFoundation({ config, log, command, hashConcurrency }: ApplicationOptions, resources: Resources) {
  const { database, redis, now } = resources;
  const { bcryptCost: cost, hashQueueLimit: queueLimit, quotas: numbers, rehearsedQuotas: rehearsed } = config;
  const secrets = createSecretRing(config.appSecret, config.appSecretPrevious);
  const warn = (fields: Record<string, unknown>, message: string): void => log.warn(fields, message);
  const audit = createAudit({ now });
  const users = createUsers({ database, now });
  const signingKeys = createSigningKeys({ database, secrets, audit, command, now });
  const rateLimit = createRateLimit({ numbers, rehearsed, redis, secrets, warn, now });
  const hasher = createPasswordHasher({ cost, concurrency: hashConcurrency, queueLimit, tooBusy });
  return { secrets, warn, audit, users, signingKeys, rateLimit, hasher };
}

type Foundation = ReturnType<typeof createFoundation>;

/** Who is who, and how they prove it. */
function createSignInFeatures({ config }: ApplicationOptions, { database, now }: Resources, foundation: Foundation) {
  const { secrets, audit, users, signingKeys, rateLimit, hasher } = foundation;
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
  const signInThrottle = createSignInThrottle({ database, secrets, now });
  const auth = createAuth({
    database,
    secrets,
    users,
    sessions,
    throttle: signInThrottle,
    countFailure: rateLimit.countFailure,
    hasher,
    strength: createPasswordStrength(),
    audit,
    signUp: config.signUp,
    passwordMinLength: config.passwordMinLength,
    now,
  });
  return { sessions, signInThrottle, auth };
}

function createServingFeatures(options: ApplicationOptions, resources: Resources) {
  const { config, version, command, onSetupCompleted: onUsed = () => {} } = options;
  const { database, clientAddress, now } = resources;
  const { publicUrl, firstAdministrator: configured } = config;
  const foundation = createFoundation(options, resources);
  const { secrets, warn, ...shared } = foundation;
  const { audit, users, rateLimit } = shared;
  const signIn = createSignInFeatures(options, resources, foundation);
  const { auth, sessions, signInThrottle: lanes } = signIn;
  const makesLinks = config.migrate === 'auto';
  return {
    // The first that finds its kind of credential decides, and sessions take every bearer token that is left.
    operator: createOperator({ secrets, now }),
    ...shared,
    ...signIn,
    setup: createSetup({ database, auth, users, audit, configured, makesLinks, publicUrl, command, now, onUsed }),
    userAdministration: createUserAdministration({ database, terminateSessions: sessions.terminateOfUser, audit, now }),
    roles: createRoles(),
    limits: rateLimit.createLimits({ database, users, lanes, audit }),
    pageLimit: rateLimit.createPageLimit(clientAddress),
    proxyDoctor: createProxyDoctor({ clientAddress, settings: config, warn, now }),
    apiDocs: createApiDocs({ endpoints, version, publicUrl, access: config.apiDocs }),
  };
}

/** Every part that has something of a feature's face; what has nothing of it joins with nothing. */
export const facesOf = (features: object): readonly Feature[] => Object.values(features) as Feature[];

export function createFeatures(options: ApplicationOptions, resources: Resources) {
  const features = createServingFeatures(options, resources);
  const describeFeatures = () => facesOf(features).flatMap((feature) => feature.healthParts?.() ?? []);
  return { ...features, health: createHealth({ ...resources, describeFeatures, version: options.version }) };
}

export type Features = ReturnType<typeof createFeatures>;
