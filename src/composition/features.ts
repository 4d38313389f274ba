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

/** What features stand on, and others may call: without routes or chores of their own. */
function createParts({ config, log, hashConcurrency: concurrency }: ApplicationOptions, resources: Resources) {
  const { database, redis, clientAddress, now } = resources;
  const { bcryptCost: cost, hashQueueLimit: queueLimit, quotas: numbers, rehearsedQuotas: rehearsed } = config;
  const secrets = createSecretRing(config.appSecret, config.appSecretPrevious);
  const warn = (fields: Record<string, unknown>, message: string): void => log.warn(fields, message);
  const rateLimit = createRateLimit({ numbers, rehearsed, redis, secrets, warn, now });
  return {
    secrets,
    warn,
    rateLimit,
    audit: createAudit({ now }),
    users: createUsers({ database, now }),
    hasher: createPasswordHasher({ cost, concurrency, queueLimit, tooBusy }),
    pageLimit: rateLimit.createPageLimit(clientAddress),
  };
}

type Parts = ReturnType<typeof createParts>;

/** Who is who, and how they prove it. */
function createSignInFeatures({ config, command }: ApplicationOptions, { database, now }: Resources, parts: Parts) {
  const { secrets, audit, users, rateLimit, hasher } = parts;
  const signingKeys = createSigningKeys({ database, secrets, audit, command, now });
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
    countStrangersFailure: rateLimit.countStrangersFailure,
    hasher,
    strength: createPasswordStrength(),
    audit,
    signUp: config.signUp,
    passwordMinLength: config.passwordMinLength,
    now,
  });
  return { signingKeys, sessions, signInThrottle, auth };
}

/** Everything with a face, in the order in which it is prepared. A new feature is a line here. */
function createFaces(options: ApplicationOptions, resources: Resources, parts: Parts) {
  const { config, version, command, onSetupCompleted: onUsed = () => {} } = options;
  const { database, clientAddress, now } = resources;
  const { publicUrl, firstAdministrator: configured } = config;
  const { secrets, warn, audit, users, rateLimit } = parts;
  const signIn = createSignInFeatures(options, resources, parts);
  const { auth, signInThrottle: lanes } = signIn;
  const makesLinks = config.migrate === 'auto';
  return {
    // Asked for credentials first: sessions take every bearer token that is left.
    operator: createOperator({ secrets, now }),
    ...signIn,
    setup: createSetup({ database, auth, users, audit, configured, makesLinks, publicUrl, command, now, onUsed }),
    roles: createRoles(),
    limits: rateLimit.createLimits({ database, users, lanes, audit }),
    proxyDoctor: createProxyDoctor({ clientAddress, settings: config, warn, now }),
    apiDocs: createApiDocs({ endpoints, version, publicUrl, access: config.apiDocs }),
  };
}

export const listOf = (faces: Readonly<Record<string, Feature>>): readonly Feature[] => Object.values(faces);

export function createFeatures(options: ApplicationOptions, resources: Resources) {
  const all = createParts(options, resources);
  const { secrets: _secrets, warn: _warn, ...parts } = all; // which nobody outside needs
  const faces = createFaces(options, resources, all);
  const describeFeatures = () => listOf(faces).flatMap((feature) => feature.healthParts?.() ?? []);
  const health = createHealth({ ...resources, describeFeatures, version: options.version });
  const { database, now } = resources;
  const { terminateOfUser: terminateSessions } = faces.sessions;
  return {
    parts: {
      ...parts,
      userAdministration: createUserAdministration({ database, terminateSessions, audit: parts.audit, now }),
    },
    faces: { ...faces, health },
  };
}

export type Features = ReturnType<typeof createFeatures>;
