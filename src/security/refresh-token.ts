import { createHmac, timingSafeEqual } from 'node:crypto';

/** `sid.counter.MAC`: nothing in the database can be turned into one, and no row is written for each (SE-01). */
export type RefreshToken = {
  /** Session id: a UUID in lower case. Public, it also stands in access tokens. */
  readonly sid: string;
  /** Which rotation of the session it is. */
  readonly counter: number;
  /** HMAC-SHA256 over `sid.counter`, base64url. */
  readonly mac: string;
};

// One spelling for each token: lower case, no leading zero, and the last of 43 characters holds four bits, so that its
// two low ones are zero. Each part has a fixed bound, so the length is checked with the form.
const FORM =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.(0|[1-9][0-9]{0,9})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;
const LARGEST_COUNTER = 2 ** 31 - 1;

export function formatRefreshToken({ sid, counter, key }: { sid: string; counter: number; key: Buffer }): string {
  return `${sid}.${counter}.${macOf(sid, counter, key).toString('base64url')}`;
}

/** Reads the form alone; whether we made it, `refreshTokenMacMatches` says. */
export function parseRefreshToken(token: string): RefreshToken | undefined {
  const [, sid, digits, mac] = FORM.exec(token) ?? [];
  if (sid === undefined || digits === undefined || mac === undefined) return undefined;
  const counter = Number(digits);
  return counter <= LARGEST_COUNTER ? { sid, counter, mac } : undefined;
}

/**
 * In constant time, and to be asked before anything else is done: the session id is public, and a forged "old" token
 * must not end a stranger's session.
 */
export function refreshTokenMacMatches(token: RefreshToken, key: Buffer): boolean {
  const given = Buffer.from(token.mac, 'base64url');
  const expected = macOf(token.sid, token.counter, key);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function macOf(sid: string, counter: number, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${sid}.${counter}`).digest();
}
