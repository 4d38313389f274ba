/**
 * How release 0.1.0 reads what is written, in a few lines of node:crypto that share nothing with the product: what a later release writes
 * has to be readable here, or a rollback would sign people out and find keys that it cannot open.
 */
import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

const hkdf = (secret: string, salt: string | Buffer, info: string, length = 32): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, length));

export const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export const keyFor = (secret: string, purpose: string, salt = ''): Buffer =>
  hkdf(secret, salt, `gatehouse/${purpose}`);

export const secretIdOf = (secret: string): string => hkdf(secret, '', 'gatehouse secret id', 4).toString('hex');

const base64url = (bytes: Buffer): string => bytes.toString('base64url');

/** What the refresh token of a session is. */
export const refreshTokenOf = (secret: string, session: { id: string; counter: number; salt: string }): string => {
  const text = `${session.id}.${session.counter}`;
  return `${text}.${base64url(hmac(keyFor(secret, 'refresh-token', session.salt), text))}`;
};

/** What the entry of a device cookie is. */
export function deviceTokenOf(secret: string, userId: string, deviceId: string, issuedAt: string): string {
  const key = keyFor(secret, 'known-device');
  const account = base64url(hmac(key, `account ${userId}`).subarray(0, 16));
  const text = `${secretIdOf(secret)}.${account}.${deviceId}.${issuedAt}`;
  return `${text}.${base64url(hmac(key, `device ${text}`))}`;
}

/** What the operator token with this end and nonce is. */
export function operatorTokenOf(secret: string, end: string, nonce: string): string {
  const text = `op.${secretIdOf(secret)}.${end}.${nonce}`;
  return `${text}.${base64url(hmac(keyFor(secret, 'operator-token'), text))}`;
}

/** The number that counts requests of a partition, and the one that counts failed log-ins in a lane, stand under such a key. */
export const shortKeyOf = (secret: string, purpose: 'quota-partition' | 'log-in-lane', text: string): string =>
  base64url(hmac(keyFor(secret, purpose), text)).slice(0, 22);

/** @throws where it was sealed in another way */
export function openSealed(secret: string, purpose: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const key = hkdf(secret, bytes.subarray(0, 16), `gatehouse seal/${purpose}`);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(16, 28), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(28, 44));
  return Buffer.concat([decipher.update(bytes.subarray(44)), decipher.final()]).toString('utf8');
}
