import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyAlterationOf, anyCodeUnits, otherEndingsOf } from '../testing/altered.ts';
import { createSecretRing } from './app-secret.ts';
import { formatDeviceToken, readDeviceToken } from './device-token.ts';
import { createOperatorToken, isGenuineOperatorToken } from './operator-token.ts';
import { formatRefreshToken, isGenuineRefreshToken, parseRefreshToken } from './refresh-token.ts';
import { defineSignedToken, defineTokenForm, part } from './signed-token.ts';

const SECRET = 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt';
const OTHER = 'a7Qw9Xe2Rt5Yu8Io1Pl4Kj6Hg3Fd0SzMnBvCxWqE';
const NOW = 1_800_000_000_000;
const MINUTES = 15 * 60;

const secrets = createSecretRing(SECRET);
const reset = defineSignedToken({ kind: 'password-reset', seconds: MINUTES });
const PAYLOAD = JSON.stringify({ user: '0191d2a0-7b5c-7000-8000-0123456789ab', id: 'RzkSeENy0mJ5S8OrV6jwzw' });
const TOKEN = reset.write(secrets, PAYLOAD, NOW);

const read = (text: string, at = NOW): string | undefined => reset.read(secrets, text, at);

describe('the common form of tokens', () => {
  it('is kind.secretId.expiresAt.payload.MAC, the MAC an HMAC-SHA256 over all before it', () => {
    const payload = Buffer.from(PAYLOAD).toString('base64url');
    const text = `password-reset.${secrets.currentId}.1800000900.${payload}`;
    const key = secrets.derive('token/password-reset', '');
    expect(TOKEN).toBe(`${text}.${createHmac('sha256', key).update(text).digest('base64url')}`);
    expect(encodeURIComponent(TOKEN), 'can stand in an address as it is').toBe(TOKEN);
  });

  it('gives back every payload', () => {
    const instant = fc.integer({ min: 10 ** 12, max: 9 * 10 ** 12 });
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    fc.assert(
      fc.property(text, instant, (payload, now) => {
        expect(reset.read(secrets, reset.write(secrets, payload, now), now)).toBe(payload);
      }),
    );
    const longest = 'x'.repeat(768);
    expect(read(reset.write(secrets, longest, NOW))).toBe(longest);
  });

  it('refuses whatever has one character changed, added or missing', () => {
    fc.assert(
      fc.property(anyAlterationOf(TOKEN), (text) => read(text) === undefined),
      { numRuns: 3000 },
    );
  });

  it('has one spelling', () => {
    const short = reset.write(secrets, 'ab', NOW); // two bytes in base64url have bits to spare
    for (const other of [...otherEndingsOf(TOKEN), ...otherEndingsOf(short)])
      expect(read(other), other).toBeUndefined();
    const parts = TOKEN.split('.');
    const upper = parts.with(1, secrets.currentId.toUpperCase());
    for (const other of [
      parts.with(0, 'Password-Reset'),
      ...(upper[1] === secrets.currentId ? [] : [upper]),
      parts.with(2, `0${parts[2]}`),
      parts.with(2, `${parts[2]}.0`),
      parts.with(2, '1.8e9'),
      parts.with(3, `${parts[3]}=`),
      parts.with(4, `${parts[4]}=`),
      [...parts, ''],
      ['', ...parts],
    ])
      expect(read(other.join('.')), other.join('.')).toBeUndefined();
  });

  it('expires at its second, and not before', () => {
    expect(read(TOKEN, NOW + MINUTES * 1000 - 1)).toBe(PAYLOAD);
    expect(read(TOKEN, NOW + MINUTES * 1000)).toBeUndefined();
    const later = TOKEN.replace('.1800000900.', '.1800000901.');
    expect(read(later), 'nobody can prolong it').toBeUndefined();
  });

  it('JW-11 is read under the secret that it names, as long as that one is known', () => {
    expect(reset.read(createSecretRing(OTHER, [SECRET]), TOKEN, NOW)).toBe(PAYLOAD);
    expect(reset.read(createSecretRing(OTHER), TOKEN, NOW)).toBeUndefined();
    const renamed = TOKEN.replace(secrets.currentId, createSecretRing(OTHER).currentId);
    expect(reset.read(createSecretRing(OTHER, [SECRET]), renamed, NOW)).toBeUndefined();
    const text = renamed.slice(0, renamed.lastIndexOf('.'));
    const key = secrets.derive('token/password-reset', '');
    const mixed = `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
    expect(reset.read(createSecretRing(OTHER, [SECRET]), mixed, NOW), 'signed under another').toBeUndefined();
    const fresh = reset.write(createSecretRing(OTHER, [SECRET]), PAYLOAD, NOW);
    expect(fresh.split('.')[1]).toBe(createSecretRing(OTHER).currentId);
  });

  it('is of one kind: a token is no other, under its own name or another', () => {
    const gate = defineSignedToken({ kind: 'gate', seconds: MINUTES });
    expect(gate.read(secrets, TOKEN, NOW)).toBeUndefined();
    expect(gate.read(secrets, TOKEN.replace('password-reset', 'gate'), NOW)).toBeUndefined();
    expect(read(gate.write(secrets, PAYLOAD, NOW).replace('gate', 'password-reset'))).toBeUndefined();
  });

  it('reads any text without an error', () => {
    const texts = fc.oneof(anyCodeUnits, fc.constant('x'.repeat(1_048_576)));
    fc.assert(fc.property(texts, (text) => read(text) === undefined && read(`password-reset.${text}`) === undefined));
  });

  it('is not written where nobody could read it', () => {
    expect(() => reset.write(secrets, 'x'.repeat(769), NOW)).toThrow('token/password-reset');
    expect(() => reset.write(secrets, PAYLOAD, Number.NaN)).toThrow('token/password-reset');
    for (const kind of ['', 'op.x', 'Gate', 'gate-', 'a b', 'gäte'])
      expect(() => defineSignedToken({ kind, seconds: 60 }), kind).toThrow('kind');
  });
});

describe('every form', () => {
  const sid = '0191d2a0-7b5c-7000-8000-0123456789ab';
  const deviceId = 'RzkSeENy0mJ5S8OrV6jwzw';
  const tokens = {
    refresh: formatRefreshToken(secrets, { sid, counter: 1, salt: '' }),
    device: formatDeviceToken(secrets, { userId: sid, deviceId, issuedAt: 1_750_000_000 }),
    operator: createOperatorToken(secrets, NOW),
    signed: TOKEN,
  };
  const readers: Record<keyof typeof tokens, (text: string) => boolean> = {
    refresh: (text) => {
      const parsed = parseRefreshToken(text);
      return parsed !== undefined && isGenuineRefreshToken(secrets, parsed, '');
    },
    device: (text) => readDeviceToken(secrets, text) !== undefined,
    operator: (text) => isGenuineOperatorToken(secrets, text, NOW),
    signed: (text) => read(text) !== undefined,
  };

  it('is taken by its own reader, and by no other', () => {
    for (const [form, token] of Object.entries(tokens))
      for (const [reader, isTaken] of Object.entries(readers))
        expect(isTaken(token), `${form}, read as ${reader}`).toBe(form === reader);
  });

  it('has a key of its own: the same text signed for another purpose proves nothing', () => {
    const parts = { secretId: part.secretId, nonce: part.bytes16 };
    const [one, other] = ['one', 'other'].map((purpose) => defineTokenForm({ purpose, parts }));
    const found = one?.read(one.write(secrets, { nonce: deviceId }) ?? '');
    if (found === undefined) throw new Error('it is in its form');
    expect(one?.isGenuine(secrets, found)).toBe(true);
    expect(other?.isGenuine(secrets, found)).toBe(false);
    expect(one?.isGenuine(secrets, found, 'salt')).toBe(false);
  });

  it('has the bytes that it always had', () => {
    expect(tokens.refresh).toBe('0191d2a0-7b5c-7000-8000-0123456789ab.1.IZCCKhQgICNFSvQZg-nvd4bc8hX-X7eYcfTeyMQ2KO4');
    expect(tokens.device).toBe(
      'df6fd1b4.GJKOjSjltFcZfOc_fdLapw.RzkSeENy0mJ5S8OrV6jwzw.1750000000._JqL0e1SFCLYbaWWXh24q0YsLLhl4XP24cC_OotTXUw',
    );
    expect(TOKEN.slice(TOKEN.lastIndexOf('.') + 1)).toBe('1_ju_vOawIZyMMAqdiwXp9RC2h-4Hi6qmkIDdgKoKDQ');
  });
});
