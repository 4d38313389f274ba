// Access tokens: short-lived proof of who calls and in which session. What they may do is decided by the database alone.
import { LRUCache } from 'lru-cache';
import { randomToken } from '../../security/random-token.ts';
import { readTokenHeader, signAccessToken, verifyAccessToken } from '../../security/jwt.ts';
import type { AccessTokenClaims } from '../../security/jwt.ts';
import type { SigningKeys } from '../signing-keys/index.ts';

/** A verification costs about 0.1 ms; a token is verified once, and then known until it expires or its key is gone. */
const KNOWN_TOKENS = 10_000;

export interface AccessTokens {
  issue(subject: { userId: string; sid: string; roles: readonly string[] }): string;
  /** Undefined for whatever is not a live token of ours, for whatever reason. */
  verify(token: string): Pick<AccessTokenClaims, 'sub' | 'sid'> | undefined;
  readonly seconds: number;
}

interface Parts {
  signingKeys: SigningKeys;
  /** The public URL: who issues the tokens, and whom they are for. */
  issuer: string;
  seconds: number;
  now: () => number;
}

export function createAccessTokens({ signingKeys, issuer, seconds, now }: Parts): AccessTokens {
  const known = new LRUCache<string, AccessTokenClaims & { kid: string }>({ max: KNOWN_TOKENS });
  const nowSeconds = (): number => Math.floor(now() / 1000);

  return {
    seconds,
    issue({ userId, sid, roles }) {
      const iat = nowSeconds();
      const claims = {
        iss: issuer,
        aud: issuer,
        sub: userId,
        sid,
        jti: randomToken(12),
        iat,
        exp: iat + seconds,
        roles: [...roles],
      };
      return signAccessToken(claims, signingKeys.current());
    },
    verify(token) {
      const found = known.get(token);
      if (found !== undefined) {
        if (found.exp > nowSeconds() && signingKeys.find(found.kid) !== undefined) return found;
        known.delete(token);
        return undefined;
      }
      const claims = verifyAccessToken(token, {
        findKey: signingKeys.find,
        issuer,
        audience: issuer,
        nowSeconds: nowSeconds(),
      });
      if (claims === undefined) return undefined;
      const kid = readTokenHeader(token)?.kid;
      if (kid === undefined) return undefined;
      known.set(token, { ...claims, kid });
      return claims;
    },
  };
}
