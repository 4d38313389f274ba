/**
 * Cookies, behind the check that a page of our own has sent the request (CSRF). Whoever has `Cookies` in hand has made it: there is no other
 * way for a handler to read or set one.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';
import { Problem } from '#contract/problem.ts';
import { sendsBearerToken } from './credential.ts';
import type { Principal } from './principal.ts';
import type { SameOrigin } from './same-origin.ts';

/** Of this host alone: no other site, subdomain or path can set one, and none gets it. */
export type CookieName = `__Host-${string}`;

export interface Cookies {
  read(name: CookieName): string | undefined;
  /** Set with the answer, and only where there is one: a refusal sets nothing. */
  set(name: CookieName, value: string, maxAgeSeconds: number): void;
  clear(name: CookieName): void;
}

export interface CookieDoor {
  /** Whether the request carries one at all; never what it says. */
  carries(name: CookieName): boolean;
  /** @throws Problem `cross-site-request` */
  open(): Cookies;
  /**
   * For what is done beside the act itself. Undefined unless a page of our own has sent the request, or the caller is authenticated by a
   * bearer token, which no other site can make a browser send.
   */
  openBeside(): Cookies | undefined;
}

/** @returns the door, and the `Set-Cookie` fields that were asked for behind it, one a name */
export function createCookieDoor(
  headers: IncomingHttpHeaders,
  principal: Principal,
  isSameOrigin: SameOrigin,
): { door: CookieDoor; written: () => string[] } {
  const written = new Map<CookieName, string>();
  let parsed: Record<string, string | undefined> | undefined;

  const read = (name: CookieName): string | undefined => {
    if (headers.cookie === undefined) return undefined;
    parsed ??= parseCookie(headers.cookie);
    return parsed[name];
  };

  const set: Cookies['set'] = (name, value, maxAge) => {
    const attributes = { maxAge, path: '/', httpOnly: true, secure: true, sameSite: 'strict' } as const;
    written.set(name, stringifySetCookie({ name, value, ...attributes }));
  };

  const cookies: Cookies = { read, set, clear: (name) => set(name, '', 0) };
  return {
    door: {
      carries: (name) => read(name) !== undefined,
      open() {
        if (isSameOrigin(headers)) return cookies;
        throw new Problem('cross-site-request', { detail: 'Only this site’s own pages may sign in with a cookie.' });
      },
      openBeside() {
        const isByBearer = principal.kind !== 'anonymous' && sendsBearerToken(headers);
        return isByBearer || isSameOrigin(headers) ? cookies : undefined;
      },
    },
    written: () => [...written.values()],
  };
}
