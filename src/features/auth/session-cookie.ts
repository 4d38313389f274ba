// How a browser keeps its session: a cookie that no script can read and no other site, subdomain or path can set or send.
import { parseCookie, stringifySetCookie } from 'cookie';
import type { SessionAnswer } from '#contract/auth.ts';
import type { Issued, Sessions } from '../sessions/index.ts';

const NAME = '__Host-gatehouse-session';

/** @param maxAge seconds */
export function setCookie(name: `__Host-${string}`, value: string, maxAge: number): string {
  return stringifySetCookie({ name, value, maxAge, path: '/', httpOnly: true, secure: true, sameSite: 'strict' });
}

export function readSessionCookie(header: string | undefined): string | undefined {
  return header === undefined ? undefined : parseCookie(header)[NAME];
}

/** The session this browser is in so far: signing in takes its place. */
export async function findReplaced(
  sessions: Sessions,
  transport: 'cookie' | 'token',
  cookies: string | undefined,
): Promise<string | undefined> {
  const cookie = transport === 'cookie' ? readSessionCookie(cookies) : undefined;
  const found = cookie === undefined ? undefined : await sessions.findByRefreshToken(cookie);
  return found?.transport === 'cookie' ? found.sid : undefined;
}

export const clearedSessionCookie = (): Record<string, string> => ({ 'Set-Cookie': setCookie(NAME, '', 0) });

/**
 * The refresh token goes into the cookie or into the body, never both (SE-13).
 * @param cookies what else a browser is to keep
 */
export function sessionAnswer(
  { answer, refreshToken, transport, maxAgeSeconds }: Issued,
  ...cookies: string[]
): { body: SessionAnswer; headers: Record<string, string[]> } {
  if (transport === 'token') return { body: { ...answer, refreshToken }, headers: {} };
  return { body: answer, headers: { 'Set-Cookie': [setCookie(NAME, refreshToken, maxAgeSeconds), ...cookies] } };
}
