/**
 * How a browser shows that it has signed in to an account before. It opens nothing: a stranger's failures do not stand in its way,
 * that is all (LG-05). Kept at sign-out; one cookie for all accounts of this browser, which names none of them.
 */
import type { Cookies } from '../../http/route.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import { formatDeviceToken, isDeviceTokenOf, readDeviceToken } from '../../security/device-token.ts';
import type { DeviceToken } from '../../security/device-token.ts';
import { randomToken } from '../../security/random-token.ts';
import type { UserRow } from '../users/index.ts';

const NAME = '__Host-gatehouse-device';
const SECONDS = 365 * 24 * 60 * 60;
const MOST_ACCOUNTS = 5;
const SEPARATOR = '~';
const DEVICE_ID_BYTES = 16;

export interface KnownDevices {
  /**
   * The id of this browser for an account; undefined where it has not signed in to it within a year, and with the password that the account
   * has now: whoever knew an earlier one must not have a lane of their own to guess the next.
   */
  find(cookies: Cookies, user: KnownUser): string | undefined;
  /** Whoever signs in: the browser is known to the account from now on, under the id that it has. */
  remember(cookies: Cookies, userId: string): void;
  /** For the browser that has changed the password, where it is known. */
  renew(cookies: Cookies, userId: string): void;
}

type KnownUser = Pick<UserRow, 'id' | 'password_changed_at'>;

interface Entry {
  text: string;
  token: DeviceToken;
}

export function createKnownDevices({ secrets, now }: { secrets: SecretRing; now: () => number }): KnownDevices {
  const nowSeconds = (): number => Math.floor(now() / 1000);

  /** One that we made, under the current secret or one that is still known, within its year. */
  function readEntry(text: string): Entry[] {
    const token = readDeviceToken(secrets, text);
    return token === undefined || nowSeconds() - token.issuedAt > SECONDS ? [] : [{ text, token }];
  }

  const read = (cookies: Cookies): Entry[] =>
    cookies.read(NAME)?.split(SEPARATOR, MOST_ACCOUNTS).flatMap(readEntry) ?? [];

  const isOf =
    (userId: string) =>
    ({ token }: Entry): boolean =>
      isDeviceTokenOf(secrets, token, userId);

  /** The account that was signed in to last comes first. */
  function remember(cookies: Cookies, userId: string): void {
    const known = read(cookies);
    const own = known.find(isOf(userId));
    const deviceId = own?.token.deviceId ?? randomToken(DEVICE_ID_BYTES);
    const facts = { userId, deviceId, issuedAt: nowSeconds() };
    const others = known.filter((entry) => !isOf(userId)(entry)).map(({ text }) => text);
    const texts = [formatDeviceToken(secrets, facts), ...others].slice(0, MOST_ACCOUNTS);
    cookies.set(NAME, texts.join(SEPARATOR), SECONDS);
  }

  return {
    find(cookies, { id, password_changed_at: changedAt }) {
      const own = read(cookies).find(isOf(id));
      return own === undefined || (own.token.issuedAt + 1) * 1000 <= changedAt ? undefined : own.token.deviceId;
    },
    remember,
    renew(cookies, userId) {
      if (read(cookies).some(isOf(userId))) remember(cookies, userId);
    },
  };
}
