// What a browser brings along and keeps: its session, and that it is known to the accounts it has signed in to.
import type { Cookies } from '../../http/route.ts';
import type { Issued, Sessions } from '../sessions/index.ts';
import type { UserRow } from '../users/index.ts';
import type { KnownDevices } from './device-cookie.ts';
import { readSession, writeSession } from './session-cookie.ts';

/** One whose page is our own. */
export interface Browser {
  /** The session it is in so far: signing in takes its place. */
  findSid(): Promise<string | undefined>;
  /** By which id it has signed in to the account before; undefined where it has not. */
  deviceOf(user: UserRow): string | undefined;
  /** The new session, and that the account is known here from now on. */
  keep(issued: Issued): void;
}

export interface Browsers {
  of(cookies: Cookies): Browser;
}

interface Parts {
  sessions: Pick<Sessions, 'findByRefreshToken'>;
  devices: KnownDevices;
}

export function createBrowsers({ sessions, devices }: Parts): Browsers {
  return {
    of: (cookies) => ({
      async findSid() {
        const token = readSession(cookies);
        const found = token === undefined ? undefined : await sessions.findByRefreshToken(token);
        return found?.transport === 'cookie' ? found.sid : undefined;
      },
      deviceOf: (user) => devices.find(cookies, user),
      keep(issued) {
        writeSession(cookies, issued);
        devices.remember(cookies, issued.answer.user.id);
      },
    }),
  };
}
