import type { SecretRing } from './app-secret.ts';
import { randomToken } from './random-token.ts';
import { defineTokenForm, part } from './signed-token.ts';

/** How long the operator's command may take to use one. */
const LIFE_MS = 60_000;

/** Proves that its bearer holds `APP_SECRET`: `op.<number of the secret>.<end in ms>.<nonce>.<MAC>`, good for a minute. */
const form = defineTokenForm({
  purpose: 'operator-token',
  prefix: 'op',
  parts: { secretId: part.secretId, end: String.raw`\d{13}`, nonce: part.bytes16 },
});

export const isOperatorToken = (text: string): boolean => text.startsWith('op.');

export const createOperatorToken = (secrets: SecretRing, now: number): string =>
  form.write(secrets, { end: String(now + LIFE_MS), nonce: randomToken(16) });

export function isGenuineOperatorToken(secrets: SecretRing, token: string, now: number): boolean {
  const found = form.read(token);
  if (found === undefined || !form.isGenuine(secrets, found)) return false;
  const end = Number(found.end);
  return end > now && end <= now + LIFE_MS;
}
