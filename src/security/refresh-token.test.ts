import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyAlterationOf, otherEndingsOf } from '../testing/altered.ts';
import { createSecretRing } from './app-secret.ts';
import { formatRefreshToken, isGenuineRefreshToken, parseRefreshToken } from './refresh-token.ts';

const SECRETS = createSecretRing('Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt');
const OTHERS = createSecretRing('a7Qw9Xe2Rt5Yu8Io1Pl4Kj6Hg3Fd0SzMnBvCxWqE');
const SALT = 'mgxoQXGIjnAkZuJiLGKKqQ';
const SID = '0191d2a0-7b5c-7000-8000-0123456789ab';
const TOKEN = formatRefreshToken(SECRETS, { sid: SID, counter: 7, salt: SALT });
const MAC = TOKEN.split('.')[2] ?? '';

function accepted(token: string): boolean {
  const parsed = parseRefreshToken(token);
  return parsed !== undefined && isGenuineRefreshToken(SECRETS, parsed, SALT);
}

describe('refresh tokens', () => {
  it('are sid.counter.MAC, the MAC an HMAC-SHA256 over the first two', () => {
    const mac = createHmac('sha256', SECRETS.derive('refresh-token', SALT)).update(`${SID}.7`).digest('base64url');
    expect(TOKEN).toBe(`${SID}.7.${mac}`);
    expect(parseRefreshToken(TOKEN)).toEqual({ sid: SID, counter: 7, mac });
    expect(accepted(TOKEN)).toBe(true);
  });

  it('are read back for every session, counter, secret and salt', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(), fc.string({ minLength: 32 }), fc.string(), (sid, counter, secret, salt) => {
        const secrets = createSecretRing(secret);
        const parsed = parseRefreshToken(formatRefreshToken(secrets, { sid, counter, salt }));
        expect(parsed).toMatchObject({ sid, counter });
        expect(parsed && isGenuineRefreshToken(secrets, parsed, salt)).toBe(true);
      }),
    );
  });

  it('SE-01 are refused when one character is changed, added or missing', () => {
    fc.assert(
      fc.property(anyAlterationOf(TOKEN), (text) => !accepted(text)),
      { numRuns: 2000 },
    );
  });

  it('SE-01 no other last character of the MAC stands for the same bytes', () => {
    for (const other of otherEndingsOf(TOKEN)) expect(accepted(other), other).toBe(false);
  });

  it('SE-01 a MAC for another session, counter, secret or salt does not match', () => {
    const parsed = { sid: SID, counter: 7, mac: MAC };
    expect(isGenuineRefreshToken(SECRETS, parsed, SALT)).toBe(true);
    expect(isGenuineRefreshToken(SECRETS, { ...parsed, counter: 8 }, SALT)).toBe(false);
    expect(isGenuineRefreshToken(SECRETS, { ...parsed, sid: SID.replace('b', 'c') }, SALT)).toBe(false);
    expect(isGenuineRefreshToken(OTHERS, parsed, SALT)).toBe(false);
    expect(isGenuineRefreshToken(SECRETS, parsed, '')).toBe(false);
    expect(isGenuineRefreshToken(SECRETS, { ...parsed, mac: '' }, SALT)).toBe(false);
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
