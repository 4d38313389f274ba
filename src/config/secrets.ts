// The one secret that an operator keeps, and those before it.
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { faultOfPlace, READ } from './places.ts';
import { defineSection, list, variable } from './section.ts';
import type { Basis, Report } from './section.ts';

export interface SecretsConfig {
  /** Undefined in local mode where it was not made yet. */
  readonly appSecret: string | undefined;
  readonly appSecretPrevious: readonly string[];
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

const secretFile = (dataDir: string): string => path.join(dataDir, 'app-secret');

function unusable(file: string, code: string): string {
  return `DATA_DIR: ${file} cannot be made or read (${code}). Make the folder writable, or set APP_SECRET.`;
}

function readSecretFrom(file: string, report: Report): string {
  const secret = readFileSync(file, 'utf8').trim();
  const weakness = weaknessOfSecret(secret);
  if (weakness !== undefined) report(`The secret in ${file} ${weakness}. Put the former one back, or delete the file.`);
  return secret;
}

/** Undefined where none was made yet. */
function findLocalSecret(dataDir: string, report: Report): string | undefined {
  const file = secretFile(dataDir);
  return faultOfPlace(file, READ) === undefined && existsSync(file) ? readSecretFrom(file, report) : undefined;
}

/** Whoever needs the secret makes it, and meets the same fault. */
function probeLocalSecret({ appSecret, mode, dataDir }: SecretsConfig & Basis, report: Report): void {
  const fault = appSecret === undefined && mode === 'local' ? faultOfPlace(secretFile(dataDir), READ) : undefined;
  if (fault !== undefined) report(unusable(secretFile(dataDir), fault));
}

/** Local mode needs no secret from anyone: it is made once, for the owner's eyes only. */
export function makeLocalSecret(dataDir: string, report: Report): string {
  const file = secretFile(dataDir);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) writeSecretOnce(file);
    return readSecretFrom(file, report);
  } catch (error) {
    report(unusable(file, (error as NodeJS.ErrnoException).code ?? 'error'));
    return '';
  }
}

function checkSecret(secret: string, report: Report): void {
  const weakness = weaknessOfSecret(secret);
  if (weakness !== undefined) report(`APP_SECRET ${weakness}.`);
  if (/[\s,]/.test(secret))
    report('APP_SECRET holds a comma or white space, which APP_SECRET_PREVIOUS could not hold after it.');
}

function readSecret(given: string | undefined, { mode, dataDir }: Basis, report: Report): string | undefined {
  if (given !== undefined) checkSecret(given, report);
  else if (mode === 'local') return findLocalSecret(dataDir, report);
  else report('APP_SECRET (or APP_SECRET_FILE) is missing: make one with openssl rand -base64 48, and keep it.');
  return given;
}

export const secrets = defineSection({
  variables: {
    APP_SECRET: variable(z.string().optional(), {
      description:
        'The one secret to keep: at least 32 characters of randomness (`openssl rand -base64 48`), without commas. All other keys are derived from it.',
      default: 'made in `DATA_DIR/app-secret` in local mode, required in production',
      secret: true,
    }),
    APP_SECRET_PREVIOUS: variable(list().optional(), {
      description:
        'Earlier secrets, with commas or one a line, still accepted while sessions and keys move to the new one.',
      default: 'none',
      secret: true,
    }),
  },
  read({ APP_SECRET: secret, APP_SECRET_PREVIOUS: previous = [] }, report, basis): SecretsConfig {
    if (previous.some((earlier) => Buffer.byteLength(earlier) < 32))
      report('APP_SECRET_PREVIOUS holds a secret that is too short to have been one.');
    return { appSecret: readSecret(secret, basis, report), appSecretPrevious: previous };
  },
  probe: probeLocalSecret,
});
