// How a browser keeps its session: a cookie that no script can read and no other site, subdomain or path can set or send.
import type { CookieDoor, Cookies } from '../../http/route.ts';
import type { Issued } from '../sessions/index.ts';

const NAME = '__Host-gatehouse-session';

export const carriesSession = (door: CookieDoor): boolean => door.carries(NAME);

export const readSession = (cookies: Cookies): string | undefined => cookies.read(NAME);

export const writeSession = (cookies: Cookies, { refreshToken, maxAgeSeconds }: Issued): void =>
  cookies.set(NAME, refreshToken, maxAgeSeconds);

export const clearSession = (cookies: Cookies): void => cookies.clear(NAME);
