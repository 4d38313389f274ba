import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceTokenMacMatches, formatDeviceToken, isDeviceTokenOf, parseDeviceToken } from './device-token.ts';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const KEY = randomBytes(32);
const FACTS = {
  secretId: '0a1b2c3d',
  userId: '0191d2a0-7b5c-7000-8000-0123456789ab',
  deviceId: randomBytes(16).toString('base64url'),
  issuedAt: 1_750_000_000,
};
const TOKEN = formatDeviceToken(FACTS, KEY);

function accepted(text: string): boolean {
  const parsed = parseDeviceToken(text);
  return parsed !== undefined && deviceTokenMacMatches(parsed, KEY);
}

describe('device tokens', () => {
  it('are read back for every account, device, instant and key', () => {
    const bytes = (length: number) =>
      fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b));
    fc.assert(
      fc.property(fc.uuid(), bytes(16), fc.nat(10 ** 10), bytes(32), bytes(4), (userId, device, issuedAt, key, id) => {
        const facts = { userId, deviceId: device.toString('base64url'), issuedAt, secretId: id.toString('hex') };
        const parsed = parseDeviceToken(formatDeviceToken(facts, key));
        const { userId: _, ...readable } = facts;
        expect(parsed).toMatchObject(readable);
        expect(parsed && deviceTokenMacMatches(parsed, key)).toBe(true);
        expect(parsed && isDeviceTokenOf(parsed, userId, key)).toBe(true);
      }),
    );
  });

  it('LG-05 are refused when one character is changed, added or missing', () => {
    const character = fc.constantFrom(...'abcXYZ019-_.=+/~ \n\u0000é');
    fc.assert(
      fc.property(fc.nat(TOKEN.length - 1), character, (at, other) => {
        if (TOKEN[at] !== other) expect(accepted(TOKEN.slice(0, at) + other + TOKEN.slice(at + 1))).toBe(false);
        expect(accepted(TOKEN.slice(0, at) + other + TOKEN.slice(at))).toBe(false);
        expect(accepted(TOKEN.slice(0, at) + TOKEN.slice(at + 1))).toBe(false);
      }),
      { numRuns: 1000 },
    );
    expect(accepted(TOKEN)).toBe(true);
  });

  it('LG-05 have one spelling: no other last character of a part stands for the same bytes', () => {
    const parts = TOKEN.split('.');
    for (const at of [1, 2, 4])
      for (const last of BASE64URL.replace(parts[at]?.at(-1) ?? '', '')) {
        const spelt = parts.with(at, `${parts[at]?.slice(0, -1)}${last}`).join('.');
        expect(accepted(spelt)).toBe(false);
      }
    expect(parseDeviceToken(parts.with(3, `0${parts[3]}`).join('.'))).toBeUndefined();
  });

  it('LG-05 are of one account and one key, and name neither', () => {
    const parsed = parseDeviceToken(TOKEN);
    if (parsed === undefined) throw new Error('it is well formed');
    expect(isDeviceTokenOf(parsed, FACTS.userId, KEY)).toBe(true);
    expect(isDeviceTokenOf(parsed, FACTS.userId.replace('a', 'b'), KEY)).toBe(false);
    expect(isDeviceTokenOf(parsed, FACTS.userId, randomBytes(32))).toBe(false);
    expect(deviceTokenMacMatches(parsed, randomBytes(32))).toBe(false);
    expect(deviceTokenMacMatches({ ...parsed, issuedAt: parsed.issuedAt + 1 }, KEY)).toBe(false);
    expect(TOKEN).not.toContain(FACTS.userId);
    const underAnother = parseDeviceToken(formatDeviceToken(FACTS, randomBytes(32)));
    expect(underAnother?.account).not.toBe(parsed.account);
  });

  it('reads any text without an error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !accepted(text)));
  });
});
