import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

export type Sealed = { secretId: string; sealed: string };

/** Everything that is derived from `APP_SECRET`, the one secret an operator keeps, and its predecessors. */
export type SecretRing = {
  /** The number of the current secret, to be kept beside whatever was derived from it. */
  readonly currentId: string;
  /** All known numbers, the current first. */
  readonly ids: readonly string[];
  /** A 32-byte key for one purpose. Throws an Error where the secret is not known (any more): look in `ids` first. */
  derive(purpose: string, salt: string, secretId?: string): Buffer;
  /** Encrypts under the current secret. */
  seal(purpose: string, plaintext: string): Sealed;
  /** Decrypts, or undefined where the secret is not known, the purpose is another, or one bit was changed. */
  open(purpose: string, sealed: Sealed): string | undefined;
};

const SALT_BYTES = 16;
const NONCE_BYTES = 12; // SP 800-38D: 96 bits; with a key of its own for each message it can never repeat
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** Keys are numbered from the secret itself, so every replica agrees without keeping any state. */
export function createSecretRing(current: string, previous: readonly string[] = []): SecretRing {
  const currentId = secretIdOf(current);
  const secrets = new Map([[currentId, current]]);
  for (const secret of previous) {
    const id = secretIdOf(secret);
    if (!secrets.has(id)) secrets.set(id, secret);
  }

  return {
    currentId,
    ids: [...secrets.keys()],
    derive(purpose, salt, secretId = currentId) {
      const secret = secrets.get(secretId);
      if (secret === undefined) throw new Error(`no application secret has the number ${secretId}`);
      return hkdf(secret, salt, `gatehouse/${purpose}`, 32);
    },
    seal: (purpose, plaintext) => ({ secretId: currentId, sealed: encrypt(current, purpose, plaintext) }),
    open(purpose, { secretId, sealed }) {
      const secret = secrets.get(secretId);
      return secret === undefined ? undefined : decrypt(secret, purpose, sealed);
    },
  };
}

/** Tells which secret, tells nothing about it: HKDF output under an `info` that no purpose can spell. */
function secretIdOf(secret: string): string {
  return hkdf(secret, '', 'gatehouse secret id', 4).toString('hex');
}

function encrypt(secret: string, purpose: string, plaintext: string): string {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, sealingKey(secret, salt, purpose), nonce).setAAD(Buffer.from(purpose));
  const text = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), text]).toString('base64url');
}

function decrypt(secret: string, purpose: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < SALT_BYTES + NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined;
  const nonceAt = SALT_BYTES;
  const tagAt = nonceAt + NONCE_BYTES;
  const textAt = tagAt + TAG_BYTES;
  const key = sealingKey(secret, bytes.subarray(0, nonceAt), purpose);
  // Without authTagLength Node takes a tag cut to four bytes, which can be guessed.
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(nonceAt, tagAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(tagAt, textAt));
  const text = decipher.update(bytes.subarray(textAt));
  try {
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return undefined; // final() throws where the tag is wrong: nothing of the text may be used
  }
}

function sealingKey(secret: string, salt: Uint8Array, purpose: string): Buffer {
  return hkdf(secret, salt, `gatehouse seal/${purpose}`, 32);
}

function hkdf(secret: string, salt: string | Uint8Array, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes));
}
