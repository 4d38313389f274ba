import type { KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { readStrictJwt } from './jwt-form.ts';

/** RFC 9068. `roles` is for other services: our own decisions never read it (JW-07). Times are whole seconds. */
export type AccessTokenClaims = {
  iss: string;
  aud: string;
  sub: string;
  sid: string;
  jti: string;
  iat: number;
  exp: number;
  roles: string[];
};

/** What was expected of a token; nothing of it comes from the token itself. */
export type AccessTokenExpectations = {
  /** The public key of that number, or undefined where there is none (any more). Called with a known form only. */
  findKey: (kid: string) => KeyObject | undefined;
  issuer: string;
  audience: string;
  nowSeconds: number;
};

const ALGORITHM = 'ES256'; // the one algorithm there is: the header's is compared with it, never obeyed (RFC 8725 3.1)
const TOKEN_TYPE = 'at+jwt'; // no refresh, reset or ID token can be used in its place (RFC 8725 3.11)
const LEEWAY_SECONDS = 60; // a replica's clock may be behind the one that signed

export function signAccessToken(claims: AccessTokenClaims, key: { kid: string; privateKey: KeyObject }): string {
  const header = { alg: ALGORITHM, typ: TOKEN_TYPE, kid: key.kid };
  return jwt.sign(claims, key.privateKey, { algorithm: ALGORITHM, header });
}

/** The key number of a token in strict form, before its signature was looked at: it proves nothing yet. */
export function readTokenHeader(token: string): { kid: string } | undefined {
  const kid = kidOf(readStrictJwt(token)?.header);
  return kid === undefined ? undefined : { kid };
}

/**
 * The claims of a token that we signed, for this issuer and audience, valid now; undefined for anything else.
 *
 * The strict form stands before jsonwebtoken, which takes another `typ`, a missing `exp`, and up to four spellings of
 * one signature. A key of another kind than P-256 is our fault, not the token's, and throws.
 */
export function verifyAccessToken(token: string, expected: AccessTokenExpectations): AccessTokenClaims | undefined {
  const strict = readStrictJwt(token);
  const kid = kidOf(strict?.header);
  const claims = strict && readClaims(strict.payload, expected);
  if (kid === undefined || claims === undefined) return undefined;
  const key = expected.findKey(kid);
  if (key === undefined || !isSigned(token, key, expected)) return undefined;
  return claims;
}

function isSigned(token: string, key: KeyObject, { issuer, audience, nowSeconds }: AccessTokenExpectations): boolean {
  try {
    const clock = { clockTimestamp: nowSeconds, clockTolerance: LEEWAY_SECONDS };
    jwt.verify(token, key, { algorithms: [ALGORITHM], issuer, audience, ...clock });
    return true;
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) return false;
    throw error;
  }
}

/** Exactly alg, typ and kid: jku, x5u, jwk, x5c, crit, b64 have no meaning here and are refused (RFC 8725 3.10). */
function kidOf(header: Record<string, unknown> | undefined): string | undefined {
  if (header === undefined || Object.keys(header).length !== 3) return undefined;
  const { alg, typ, kid } = header;
  if (alg !== ALGORITHM || typ !== TOKEN_TYPE) return undefined;
  return typeof kid === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(kid) ? kid : undefined;
}

function readClaims(
  payload: Record<string, unknown>,
  expected: AccessTokenExpectations,
): AccessTokenClaims | undefined {
  const { iss, aud, sub, sid, jti, iat, exp, nbf = iat, roles } = payload;
  const now = expected.nowSeconds;
  if (iss !== expected.issuer || aud !== expected.audience) return undefined; // no list of audiences: ours has one
  if (!isText(sub) || !isText(sid) || !isText(jti) || !isTextList(roles)) return undefined;
  if (!isSeconds(iat) || !isSeconds(nbf) || !isSeconds(exp)) return undefined;
  if (iat > now + LEEWAY_SECONDS || nbf > now + LEEWAY_SECONDS || exp <= now) return undefined;
  return { iss: expected.issuer, aud: expected.audience, sub, sid, jti, iat, exp, roles };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
