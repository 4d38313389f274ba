import type { SecretRing } from './app-secret.ts';
import { defineTokenForm, part } from './signed-token.ts';

/**
 * `sid.counter.MAC`: nothing in the database can be turned into one, and no row is written for each (SE-01). It does not say under which
 * secret it was made, and its key is derived with the salt of its session.
 */
export type RefreshToken = {
  /** Session id: a UUID in lower case. Public, it also stands in access tokens. */
  readonly sid: string;
  /** Which rotation of the session it is. */
  readonly counter: number;
  /** HMAC-SHA256 over `sid.counter`, base64url. */
  readonly mac: string;
};

const form = defineTokenForm({ purpose: 'refresh-token', parts: { sid: part.uuid, counter: part.number(10) } });

const LARGEST_COUNTER = 2 ** 31 - 1;

type Session = { sid: string; counter: number; salt: string };

export const formatRefreshToken = (secrets: SecretRing, { sid, counter, salt }: Session): string =>
  form.write(secrets, { sid, counter: String(counter) }, salt);

/** Reads the form alone; whether we made it, `isGenuineRefreshToken` says. */
export function parseRefreshToken(token: string): RefreshToken | undefined {
  const found = form.read(token);
  const counter = Number(found?.counter);
  return found && counter <= LARGEST_COUNTER ? { sid: found.sid, counter, mac: found.mac } : undefined;
}

/**
 * To be asked before anything else is done: the session id is public, and a forged "old" token must not end a stranger's session.
 * @param salt of the session that it names
 */
export const isGenuineRefreshToken = (secrets: SecretRing, token: RefreshToken, salt: string): boolean =>
  form.isGenuine(secrets, { ...token, counter: String(token.counter) }, salt);
