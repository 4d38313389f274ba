// Builds every feature, each given what it needs: top to bottom, by hand.
import { endpoints } from '#contract/index.ts';
import { Problem } from '#contract/problem.ts';
import type { Config } from '../config/index.ts';
import type { Database } from '../database/open.ts';
import { createApiDocs } from '../features/api-docs/index.ts';
import { createAudit } from '../features/audit/index.ts';
import {
  createAuth,
  createAuthRoutes,
  createKnownDevices,
  createPasswordRules,
  findReplaced,
} from '../features/auth/index.ts';
import { createHealthChecks, createHealthRoutes } from '../features/health/index.ts';
import { createLogInThrottle } from '../features/log-in-throttle/index.ts';
import { createOperatorAccess } from '../features/operator/index.ts';
import { createLimitRoutes, createRateLimit } from '../features/rate-limit/index.ts';
import { createProxyDoctor, createProxyDoctorRoutes } from '../features/proxy-doctor/index.ts';
import { createRoleRoutes } from '../features/roles/index.ts';
import { createSessions } from '../features/sessions/index.ts';
import { createSetup, createSetupRoutes } from '../features/setup/index.ts';
import { createSigningKeyRoutes, createSigningKeys } from '../features/signing-keys/index.ts';
import { createUserAdministration, createUsers } from '../features/users/index.ts';
import { createClientAddress } from '../http/client-address.ts';
import type { Route } from '../http/route.ts';
import type { Logger } from '../log.ts';
import type { Redis } from '../redis.ts';
import { createSecretRing } from '../security/app-secret.ts';
import { createPasswordHasher } from '../security/password-hash.ts';
import { PASSWORD_MAX_BYTES } from '../security/password-limits.ts';
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

const BUSY_RETRY_SECONDS = 2;

const tooBusy = (): Problem =>
  new Problem('busy', {
    detail: 'Too many people are signing in at this moment. Try again shortly.',
    retryAfterSeconds: BUSY_RETRY_SECONDS,
  });

interface Resources {
  database: Database;
  redis: Redis | undefined;
  now: () => number;
}

/** Who is who, and how they prove it. */
function createSignIn(
  { config, log, command, hashConcurrency: concurrency }: ApplicationOptions,
  { database, redis, now }: Resources,
) {
  const secrets = createSecretRing(config.appSecret, config.appSecretPrevious);
  const { bcryptCost: cost, hashQueueLimit: queueLimit, quotas: numbers, rehearsedQuotas: rehearsed } = config;
  const hasher = createPasswordHasher({ cost, concurrency, queueLimit, tooBusy });
  const strength = createPasswordStrength();
  const rules = createPasswordRules({ minLength: config.passwordMinLength, strength });
  const audit = createAudit({ now });
  const users = createUsers({ database, now });
  const signingKeys = createSigningKeys({ database, secrets, audit, command, now });
  const warn = (event: Record<string, unknown>, message: string): void => log.warn(event, message);
  const rateLimit = createRateLimit({ numbers, rehearsed, redis, secrets, warn, now });
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
  const authenticate = createOperatorAccess(secrets, now, sessions.authenticate);
  const logInThrottle = createLogInThrottle({ database, secrets, now });
  const knownDevices = createKnownDevices({ secrets, now });
  const auth = createAuth({
    database,
    users,
    sessions,
    throttle: logInThrottle,
    countFailure: rateLimit.countFailure,
    hasher,
    rules,
    audit,
    signUp: config.signUp,
  });
  return {
    hasher,
    strength,
    rules,
    audit,
    users,
    signingKeys,
    rateLimit,
    sessions,
    logInThrottle,
    knownDevices,
    authenticate,
    auth,
  };
}

export function createFeatures(options: ApplicationOptions, resources: Resources) {
  const { config, version, command, onSetupCompleted: onUsed = () => {} } = options;
  const { database, redis, now } = resources;
  const signIn = createSignIn(options, resources);
  const { auth, users, audit, sessions, rateLimit, logInThrottle } = signIn;
  const { publicUrl } = config;
  const clientAddress = createClientAddress(config.trustedProxies);
  const warn = (fields: Record<string, unknown>, message: string): void => options.log.warn(fields, message);
  const proxyDoctor = createProxyDoctor({ clientAddress, settings: config, warn, now });
  return {
    ...signIn,
    setup: createSetup({ database, auth, users, audit, publicUrl, command, now, onUsed }),
    userAdministration: createUserAdministration({
      database,
      terminateSessions: sessions.terminateOfUser,
      audit,
      now,
    }),
    limits: rateLimit.createLimits({ database, users, lanes: logInThrottle, audit }),
    clientAddress,
    proxyDoctor,
    health: createHealthChecks({ database, redis, describeProxy: proxyDoctor.healthParts, version }),
    apiDocs: createApiDocs({ endpoints, version, publicUrl, access: config.apiDocs }),
  };
}

export type Features = ReturnType<typeof createFeatures>;

export function createRoutes({ signUp, passwordMinLength }: Config, features: Features): Route[] {
  const {
    auth,
    sessions,
    knownDevices: devices,
    rules,
    users,
    setup,
    signingKeys,
    health,
    limits,
    proxyDoctor,
    apiDocs,
  } = features;
  const options = { signUp, password: { minLength: passwordMinLength, maxBytes: PASSWORD_MAX_BYTES } };
  return [
    ...createHealthRoutes(health),
    ...createAuthRoutes({ auth, sessions, devices, rules, options, hasAdministrator: () => users.hasAdministrator() }),
    ...createSetupRoutes({ setup, sessions, findReplaced, devices }),
    ...createRoleRoutes(),
    ...createLimitRoutes(limits),
    ...createProxyDoctorRoutes(proxyDoctor),
    ...createSigningKeyRoutes(signingKeys),
    ...apiDocs.routes,
  ];
}
