import { createHmac, timingSafeEqual } from 'node:crypto';

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

// One spelling for each token: no leading zero, and the last character of 16 bytes holds two bits, that of 32 bytes four.
const FORM =
  /^([0-9a-f]{8})\.([\w-]{21}[AQgw])\.([\w-]{21}[AQgw])\.(0|[1-9][0-9]{0,10})\.([\w-]{42}[AEIMQUYcgkosw048])$/;

interface Facts {
  secretId: string;
  userId: string;
  deviceId: string;
  issuedAt: number;
}

export function formatDeviceToken({ secretId, userId, deviceId, issuedAt }: Facts, key: Buffer): string {
  const facts = { secretId, account: accountOf(userId, key).toString('base64url'), deviceId, issuedAt };
  return `${textOf(facts)}.${macOf(facts, key).toString('base64url')}`;
}

/** Reads the form alone; whether we made it, `deviceTokenMacMatches` says. */
export function parseDeviceToken(token: string): DeviceToken | undefined {
  const [, secretId, account, deviceId, digits, mac] = FORM.exec(token) ?? [];
  if (secretId === undefined || account === undefined || deviceId === undefined || mac === undefined) return undefined;
  return { secretId, account, deviceId, issuedAt: Number(digits), mac };
}

/** In constant time. */
export function deviceTokenMacMatches(token: DeviceToken, key: Buffer): boolean {
  return timingSafeEqual(Buffer.from(token.mac, 'base64url'), macOf(token, key));
}

/** Whose it is, in constant time; says nothing of whether we made it. */
export function isDeviceTokenOf({ account }: DeviceToken, userId: string, key: Buffer): boolean {
  return timingSafeEqual(Buffer.from(account, 'base64url'), accountOf(userId, key));
}

type Signed = Omit<DeviceToken, 'mac'>;

function textOf({ secretId, account, deviceId, issuedAt }: Signed): string {
  return `${secretId}.${account}.${deviceId}.${issuedAt}`;
}

// One key for two texts: neither can be taken for the other, since their first word is not the same.
function macOf(token: Signed, key: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(`device ${textOf(token)}`)
    .digest();
}

function accountOf(userId: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`account ${userId}`).digest().subarray(0, ACCOUNT_BYTES);
}
