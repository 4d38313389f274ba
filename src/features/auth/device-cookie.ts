/**
 * How a browser shows that it has signed in to an account before. It opens nothing: a stranger's failures do not stand in its way,
 * that is all (LG-05). Kept at sign-out; one cookie for all accounts of this browser, which names none of them.
 */
import { parseCookie } from 'cookie';
import type { SecretRing } from '../../security/app-secret.ts';
import {
  deviceTokenMacMatches,
  formatDeviceToken,
  isDeviceTokenOf,
  parseDeviceToken,
} from '../../security/device-token.ts';
import type { DeviceToken } from '../../security/device-token.ts';
import { randomToken } from '../../security/random-token.ts';
import type { Issued } from '../sessions/index.ts';
import type { UserRow } from '../users/index.ts';
import { sessionAnswer, setCookie } from './session-cookie.ts';

const NAME = '__Host-gatehouse-device';
const SECONDS = 365 * 24 * 60 * 60;
const MOST_ACCOUNTS = 5;
const SEPARATOR = '~';
const DEVICE_ID_BYTES = 16;

const PURPOSE = 'known-device';

export interface KnownDevices {
  /**
   * The id of this browser for an account; undefined where it has not signed in to it within a year, and with the password that the account
   * has now: whoever knew an earlier one must not have a lane of their own to guess the next.
   */
  find(cookies: string | undefined, user: KnownUser): string | undefined;
  /** For the browser that has changed the password. */
  renew(cookies: string | undefined, userId: string): Record<string, string>;
  /** The answer to whatever signs in: a browser is remembered with it, under the id that it has. */
  signInAnswer(issued: Issued, cookies: string | undefined): ReturnType<typeof sessionAnswer>;
}

type KnownUser = Pick<UserRow, 'id' | 'password_changed_at'>;

interface Entry {
  text: string;
  token: DeviceToken;
  key: Buffer;
}

export function createKnownDevices({ secrets, now }: { secrets: SecretRing; now: () => number }): KnownDevices {
  const nowSeconds = (): number => Math.floor(now() / 1000);

  /** One that we made, under the current secret or one that is still known, within its year. */
  function readEntry(text: string): Entry[] {
    const token = parseDeviceToken(text);
    if (token === undefined || !secrets.ids.includes(token.secretId)) return [];
    const key = secrets.derive(PURPOSE, '', token.secretId);
    if (!deviceTokenMacMatches(token, key) || nowSeconds() - token.issuedAt > SECONDS) return [];
    return [{ text, token, key }];
  }

  function read(cookies: string | undefined): Entry[] {
    const value = cookies === undefined ? undefined : parseCookie(cookies)[NAME];
    return value?.split(SEPARATOR, MOST_ACCOUNTS).flatMap(readEntry) ?? [];
  }

  const isOf =
    (userId: string) =>
    ({ token, key }: Entry): boolean =>
      isDeviceTokenOf(token, userId, key);

  /** The account that was signed in to last comes first. */
  function remember(cookies: string | undefined, userId: string): string {
    const known = read(cookies);
    const own = known.find(isOf(userId));
    const deviceId = own?.token.deviceId ?? randomToken(DEVICE_ID_BYTES);
    const facts = { secretId: secrets.currentId, userId, deviceId, issuedAt: nowSeconds() };
    const others = known.filter((entry) => !isOf(userId)(entry)).map(({ text }) => text);
    const texts = [formatDeviceToken(facts, secrets.derive(PURPOSE, '')), ...others].slice(0, MOST_ACCOUNTS);
    return setCookie(NAME, texts.join(SEPARATOR), SECONDS);
  }

  return {
    find(cookies, { id, password_changed_at: changedAt }) {
      const own = read(cookies).find(isOf(id));
      return own === undefined || (own.token.issuedAt + 1) * 1000 <= changedAt ? undefined : own.token.deviceId;
    },
    renew: (cookies, userId): Record<string, string> =>
      read(cookies).some(isOf(userId)) ? { 'Set-Cookie': remember(cookies, userId) } : {},
    signInAnswer: (issued, cookies) =>
      issued.transport === 'token'
        ? sessionAnswer(issued)
        : sessionAnswer(issued, remember(cookies, issued.answer.user.id)),
  };
}
