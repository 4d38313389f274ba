import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRefreshToken, parseRefreshToken, refreshTokenMacMatches } from './refresh-token.ts';

const KEY = randomBytes(32);
const SID = '0191d2a0-7b5c-7000-8000-0123456789ab';
const TOKEN = formatRefreshToken({ sid: SID, counter: 7, key: KEY });
const MAC = TOKEN.split('.')[2] ?? '';

function accepted(token: string): boolean {
  const parsed = parseRefreshToken(token);
  return parsed !== undefined && refreshTokenMacMatches(parsed, KEY);
}

describe('refresh tokens', () => {
  it('are sid.counter.MAC, the MAC an HMAC-SHA256 over the first two', () => {
    const mac = createHmac('sha256', KEY).update(`${SID}.7`).digest('base64url');
    expect(TOKEN).toBe(`${SID}.7.${mac}`);
    expect(parseRefreshToken(TOKEN)).toEqual({ sid: SID, counter: 7, mac });
    expect(accepted(TOKEN)).toBe(true);
  });

  it('are read back for every session, counter and key', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (sid, counter, bytes) => {
        const key = Buffer.from(bytes);
        const parsed = parseRefreshToken(formatRefreshToken({ sid, counter, key }));
        expect(parsed).toMatchObject({ sid, counter });
        expect(parsed && refreshTokenMacMatches(parsed, key)).toBe(true);
      }),
    );
  });

  it('SE-01 are refused when one character is changed, added or missing', () => {
    const character = fc.constantFrom(...'abcXYZ019-_.=+/ \n\u0000é');
    fc.assert(
      fc.property(fc.nat(TOKEN.length - 1), character, (at, other) => {
        if (TOKEN[at] !== other) expect(accepted(TOKEN.slice(0, at) + other + TOKEN.slice(at + 1))).toBe(false);
        expect(accepted(TOKEN.slice(0, at) + other + TOKEN.slice(at))).toBe(false);
        expect(accepted(TOKEN.slice(0, at) + TOKEN.slice(at + 1))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('SE-01 no other last character of the MAC stands for the same bytes', () => {
    const others = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.replace(MAC.slice(-1), '');
    for (const last of others) expect(accepted(TOKEN.slice(0, -1) + last)).toBe(false);
  });

  it('SE-01 a MAC for another session, counter or key does not match', () => {
    const parsed = { sid: SID, counter: 7, mac: MAC };
    expect(refreshTokenMacMatches(parsed, KEY)).toBe(true);
    expect(refreshTokenMacMatches({ ...parsed, counter: 8 }, KEY)).toBe(false);
    expect(refreshTokenMacMatches({ ...parsed, sid: SID.replace('b', 'c') }, KEY)).toBe(false);
    expect(refreshTokenMacMatches(parsed, randomBytes(32))).toBe(false);
    expect(refreshTokenMacMatches({ ...parsed, mac: '' }, KEY)).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['upper case', `${SID.toUpperCase()}.7.${MAC}`],
    ['a counter with a leading zero', `${SID}.07.${MAC}`],
    ['a negative counter', `${SID}.-7.${MAC}`],
    ['a counter with a sign', `${SID}.+7.${MAC}`],
    ['a counter as a float', `${SID}.7e0.${MAC}`],
    ['a counter of 2^31', `${SID}.2147483648.${MAC}`],
    ['a counter that is no safe integer', `${SID}.99999999999999999999.${MAC}`],
    ['digits of another script', `${SID}.٧.${MAC}`],
    ['no counter', `${SID}..${MAC}`],
    ['padding', `${TOKEN}=`],
    ['a fourth part', `${TOKEN}.x`],
    ['a line feed at the end', `${TOKEN}\n`],
    ['a space before', ` ${TOKEN}`],
    ['standard base64', `${SID}.7.${'+/'.repeat(21)}A`],
    ['a megabyte', `${SID}.7.${'A'.repeat(1_048_576)}`],
  ])('SE-01 does not read %s', (_what, token) => {
    expect(parseRefreshToken(token)).toBeUndefined();
  });

  it('reads the largest counter', () => {
    expect(parseRefreshToken(`${SID}.2147483647.${MAC}`)?.counter).toBe(2147483647);
  });
});
