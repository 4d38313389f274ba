import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyAlterationOf, anyCodeUnits, otherEndingsOf } from '../testing/altered.ts';
import { createSecretRing } from './app-secret.ts';
import { formatDeviceToken, isDeviceTokenOf, readDeviceToken } from './device-token.ts';

const SECRET = 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt';
const SECRETS = createSecretRing(SECRET);
const OTHERS = createSecretRing('a7Qw9Xe2Rt5Yu8Io1Pl4Kj6Hg3Fd0SzMnBvCxWqE');
const FACTS = {
  userId: '0191d2a0-7b5c-7000-8000-0123456789ab',
  deviceId: randomBytes(16).toString('base64url'),
  issuedAt: 1_750_000_000,
};
const TOKEN = formatDeviceToken(SECRETS, FACTS);

const accepted = (text: string): boolean => readDeviceToken(SECRETS, text) !== undefined;

describe('device tokens', () => {
  it('are read back for every account, device, instant and secret', () => {
    const bytes = fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((some) => Buffer.from(some).toString('base64url'));
    fc.assert(
      fc.property(
        fc.uuid(),
        bytes,
        fc.nat(10 ** 10),
        fc.string({ minLength: 32 }),
        (userId, deviceId, issuedAt, secret) => {
          const secrets = createSecretRing(secret);
          const found = readDeviceToken(secrets, formatDeviceToken(secrets, { userId, deviceId, issuedAt }));
          expect(found).toMatchObject({ deviceId, issuedAt, secretId: secrets.currentId });
          expect(found && isDeviceTokenOf(secrets, found, userId)).toBe(true);
        },
      ),
    );
  });

  it('LG-05 are refused when one character is changed, added or missing', () => {
    fc.assert(
      fc.property(anyAlterationOf(TOKEN), (text) => !accepted(text)),
      { numRuns: 2000 },
    );
    expect(accepted(TOKEN)).toBe(true);
  });

  it('LG-05 have one spelling: no other last character of a part stands for the same bytes', () => {
    for (const other of otherEndingsOf(TOKEN)) expect(accepted(other), other).toBe(false);
    const parts = TOKEN.split('.');
    expect(accepted(parts.with(3, `0${parts[3]}`).join('.'))).toBe(false);
  });

  it('LG-05 are of one account and one secret, and name neither', () => {
    const found = readDeviceToken(SECRETS, TOKEN);
    if (found === undefined) throw new Error('it is one of ours');
    expect(isDeviceTokenOf(SECRETS, found, FACTS.userId)).toBe(true);
    expect(isDeviceTokenOf(SECRETS, found, FACTS.userId.replace('a', 'b'))).toBe(false);
    expect(TOKEN).not.toContain(FACTS.userId);
    expect(readDeviceToken(OTHERS, TOKEN)).toBeUndefined();
    expect(accepted(TOKEN.replace(String(FACTS.issuedAt), String(FACTS.issuedAt + 1)))).toBe(false);
    const underAnother = readDeviceToken(OTHERS, formatDeviceToken(OTHERS, FACTS));
    expect(underAnother?.account).not.toBe(found.account);
  });

  it('JW-11 are still taken, and of the same account, when their secret is the previous one', () => {
    const rotated = createSecretRing('Nw7LrQ2bVx9KsTf4HjYc6MgPd1EaZu8RoWi3BkXn', [SECRET]);
    const found = readDeviceToken(rotated, TOKEN);
    expect(found && isDeviceTokenOf(rotated, found, FACTS.userId)).toBe(true);
    expect(readDeviceToken(rotated, TOKEN.replace(SECRETS.currentId, rotated.currentId))).toBeUndefined();
  });

  it('reads any text without an error', () => {
    fc.assert(fc.property(anyCodeUnits, (text) => !accepted(text)));
  });
});
