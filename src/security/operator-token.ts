import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SecretRing } from './app-secret.ts';
import { randomToken } from './random-token.ts';

/** How long the operator's command may take to use one. */
const LIFE_MS = 60_000;

const FORM = /^op\.([0-9a-f]{8})\.(\d{13})\.([\w-]{22})\.([\w-]{43})$/;

export const isOperatorToken = (text: string): boolean => text.startsWith('op.');

function macOf(secrets: SecretRing, secretId: string, text: string): Buffer {
  return createHmac('sha256', secrets.derive('operator-token', '', secretId))
    .update(text)
    .digest();
}

/** Proves that its bearer holds `APP_SECRET`: `op.<number of the secret>.<end in ms>.<nonce>.<MAC>`, good for a minute. */
export function createOperatorToken(secrets: SecretRing, now: number): string {
  const text = `op.${secrets.currentId}.${now + LIFE_MS}.${randomToken(16)}`;
  return `${text}.${macOf(secrets, secrets.currentId, text).toString('base64url')}`;
}

export function isGenuineOperatorToken(secrets: SecretRing, token: string, now: number): boolean {
  const [, secretId = '', end, , mac = ''] = FORM.exec(token) ?? [];
  if (end === undefined || !secrets.ids.includes(secretId)) return false;
  const expected = macOf(secrets, secretId, token.slice(0, token.lastIndexOf('.')));
  const given = Buffer.from(mac, 'base64url');
  // Another spelling of the last character decodes to the same bytes: one token has one form.
  if (given.toString('base64url') !== mac || !timingSafeEqual(given, expected)) return false;
  return Number(end) > now && Number(end) <= now + LIFE_MS;
}
