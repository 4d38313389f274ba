import type { SecretRing } from './app-secret.ts';
import { defineTokenForm, isSame, macOf, part } from './signed-token.ts';

/** `secretId.account.deviceId.issuedAt.MAC`: that a browser has signed in to an account. It opens nothing. */
export type DeviceToken = {
  /** The number of the application secret that the key is derived from. */
  readonly secretId: string;
  /** A keyed hash of the user's id: whoever reads the token learns no account from it. */
  readonly account: string;
  /** 128 random bits, base64url. */
  readonly deviceId: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** HMAC-SHA256 over all of the above, base64url. */
  readonly mac: string;
};

const ACCOUNT_BYTES = 16;
const PURPOSE = 'known-device';

// One key for two texts: neither can be taken for the other, since their first word is not the same.
const form = defineTokenForm({
  purpose: PURPOSE,
  parts: { secretId: part.secretId, account: part.bytes16, deviceId: part.bytes16, issuedAt: part.number(11) },
  signedAs: 'device ',
});

const accountOf = (secrets: SecretRing, userId: string, secretId?: string): Buffer =>
  macOf(secrets.derive(PURPOSE, '', secretId), `account ${userId}`).subarray(0, ACCOUNT_BYTES);

type Facts = { userId: string; deviceId: string; issuedAt: number };

export const formatDeviceToken = (secrets: SecretRing, { userId, deviceId, issuedAt }: Facts): string =>
  form.write(secrets, {
    account: accountOf(secrets, userId).toString('base64url'),
    deviceId,
    issuedAt: String(issuedAt),
  });

/** One that we made, under a secret that is still known. */
export function readDeviceToken(secrets: SecretRing, token: string): DeviceToken | undefined {
  const found = form.read(token);
  return found && form.isGenuine(secrets, found) ? { ...found, issuedAt: Number(found.issuedAt) } : undefined;
}

/** Whose it is, in constant time. */
export const isDeviceTokenOf = (secrets: SecretRing, { account, secretId }: DeviceToken, userId: string): boolean =>
  isSame(account, accountOf(secrets, userId, secretId));
