/**
 * Tokens that are their own proof: parts joined by dots, and behind them an HMAC-SHA256 over those parts, under a key that is derived
 * from `APP_SECRET` for this one form. No row has to be kept for one. A form is a small definition; what all have in common is here:
 *  - each token has one spelling, so that a list of used or revoked ones, kept by its text, misses none;
 *  - the MAC is compared in constant time;
 *  - no token of one form is one of another: each form has a purpose, and with it a key, of its own;
 *  - a token that carries the number of its secret is verified under that secret alone, one that does not under every known secret.
 *
 * New kinds take the common form of `defineSignedToken`. The others were there before it: people keep them in cookies and programs for as
 * long as a session lives, and two releases at once must read each other's, so their bytes stay as they are.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SecretRing } from './app-secret.ts';

/**
 * Patterns of parts. The last character of base64url has bits to spare: two bits of 16 bytes stand in it, four of 32. Decoders ignore the
 * rest, so only the character in which they are zero is taken.
 */
export const part = {
  secretId: '[0-9a-f]{8}',
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  bytes16: String.raw`[\w-]{21}[AQgw]`,
  bytes32: String.raw`[\w-]{42}[AEIMQUYcgkosw048]`,
  /** Without leading zeros. @param digits at most */
  number: (digits: number): string => `0|[1-9][0-9]{0,${digits - 1}}`,
} as const;

type Values<Name extends string> = Readonly<Record<Name, string>>;

export interface TokenForm<Name extends string> {
  /** Under the current secret, whose number it fills in where the form has one. */
  write(secrets: SecretRing, values: Values<Exclude<Name, 'secretId'>>, salt?: string): string;
  /** The parts of a token in this form; whether we made it, `isGenuine` says. */
  read(token: string): Values<Name | 'mac'> | undefined;
  isGenuine(secrets: SecretRing, token: Values<Name | 'mac'>, salt?: string): boolean;
}

interface FormOptions<Name extends string> {
  /** What keys are derived for; no two forms share one. */
  purpose: string;
  /** The first word of every token. */
  prefix?: string;
  /** Name → pattern, in their order. One that is named `secretId` is the number of the secret. */
  parts: Readonly<Record<Name, string>>;
  /** Stands before the parts in what is signed, where the key signs something else too. */
  signedAs?: string;
}

export const macOf = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** In constant time. @param text base64url */
export function isSame(text: string, expected: Buffer): boolean {
  const given = Buffer.from(text, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export function defineTokenForm<const Name extends string>(options: FormOptions<Name>): TokenForm<Name> {
  const { purpose, prefix, parts, signedAs = '' } = options;
  const names = Object.keys(parts) as Name[];
  const first = prefix === undefined ? [] : [prefix];
  const patterns = [...first, ...names.map((name) => `(?<${name}>${parts[name]})`), `(?<mac>${part.bytes32})`];
  const form = new RegExp(`^${patterns.join(String.raw`\.`)}$`);
  const textOf = (values: Values<Name>): string => [...first, ...names.map((name) => values[name])].join('.');
  const signatureOf = (secrets: SecretRing, text: string, salt: string, secretId?: string): Buffer =>
    macOf(secrets.derive(purpose, salt, secretId), signedAs + text);

  return {
    write(secrets, values, salt = '') {
      const text = textOf({ secretId: secrets.currentId, ...values } as unknown as Values<Name>);
      const token = `${text}.${signatureOf(secrets, text, salt).toString('base64url')}`;
      if (!form.test(token)) throw new Error(`nobody could read this token of ${purpose}: a part is not in its form`);
      return token;
    },
    read: (token) => form.exec(token)?.groups as Values<Name | 'mac'> | undefined,
    isGenuine(secrets, token, salt = '') {
      const text = textOf(token);
      const carried = (token as Partial<Values<'secretId'>>).secretId;
      const ids = carried === undefined ? secrets.ids : secrets.ids.filter((id) => id === carried);
      return ids.some((id) => isSame(token.mac, signatureOf(secrets, text, salt, id)));
    },
  };
}

/** Signs what it carries, and hides nothing of it: whoever has the token can read it. */
export interface SignedToken {
  /**
   * @param payload any text; the same one twice in a second gives the same token, so what may be used once has a random id in it
   * @param now milliseconds since 1970
   */
  write(secrets: SecretRing, payload: string, now: number): string;
  /** The payload of a token that we made and that has not expired; undefined for anything else. */
  read(secrets: SecretRing, token: string, now: number): string | undefined;
}

/** Fits into an address that every mail program and proxy passes on. */
const LONGEST_PAYLOAD = 1024;

/**
 * `kind.secretId.expiresAt.payload.MAC`: the form of every new kind. `expiresAt` is in seconds since 1970, the payload UTF-8 in base64url.
 * @param kind names it for whoever finds one, and keeps it apart from all other kinds: small letters and hyphens
 * @param seconds how long a new one is good
 */
export function defineSignedToken({ kind, seconds }: { kind: string; seconds: number }): SignedToken {
  if (!/^[a-z]+(-[a-z]+)*$/.test(kind)) throw new Error(`"${kind}" cannot be the kind of a token`);
  const form = defineTokenForm({
    purpose: `token/${kind}`,
    prefix: kind,
    parts: { secretId: part.secretId, expiresAt: '[1-9][0-9]{9}', payload: `[A-Za-z0-9_-]{0,${LONGEST_PAYLOAD}}` },
  });
  return {
    write(secrets, payload, now) {
      const expiresAt = String(Math.floor(now / 1000) + seconds);
      return form.write(secrets, { expiresAt, payload: Buffer.from(payload).toString('base64url') });
    },
    read(secrets, token, now) {
      const found = form.read(token);
      if (found === undefined || !form.isGenuine(secrets, found) || Number(found.expiresAt) * 1000 <= now)
        return undefined;
      return Buffer.from(found.payload, 'base64url').toString();
    },
  };
}
