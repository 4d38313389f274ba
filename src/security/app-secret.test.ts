import { hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretRing } from './app-secret.ts';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const OLD = randomBytes(32).toString('base64url');
const NEW = randomBytes(32).toString('base64url');

describe('the numbers of secrets', () => {
  it('JW-11 the same secret has the same number everywhere, another one another', () => {
    const ring = createSecretRing(NEW, [OLD]);
    expect(ring.currentId).toMatch(/^[0-9a-f]{8}$/);
    expect(ring.ids).toEqual([ring.currentId, createSecretRing(OLD).currentId]);
    expect(new Set(ring.ids).size).toBe(2);
  });

  it('a secret that is also listed as previous counts once', () => {
    expect(createSecretRing(NEW, [NEW, OLD, OLD]).ids).toHaveLength(2);
  });

  it('SE-01 the number is no part of the secret or of a derived key', () => {
    const ring = createSecretRing(NEW);
    expect(NEW).not.toContain(ring.currentId);
    expect(ring.derive('secret id', '').toString('hex')).not.toContain(ring.currentId);
  });
});

describe('derive', () => {
  it('is HKDF-SHA256 with the purpose as info', () => {
    const expected = Buffer.from(hkdfSync('sha256', NEW, 'salt', 'gatehouse/refresh-token', 32));
    expect(createSecretRing(NEW).derive('refresh-token', 'salt')).toEqual(expected);
  });

  it('SE-01 gives another key for each secret, purpose and salt', () => {
    const ring = createSecretRing(NEW, [OLD]);
    const [, oldId] = ring.ids;
    const keys = [
      ring.derive('a', 'salt'),
      ring.derive('b', 'salt'),
      ring.derive('a', 'other salt'),
      ring.derive('a', ''),
      ring.derive('a', 'salt', oldId),
    ];
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(keys.length);
    expect(keys.every((key) => key.length === 32)).toBe(true);
  });

  it('JW-11 what was derived before the rotation can be derived after it, by its number', () => {
    const before = createSecretRing(OLD);
    const after = createSecretRing(NEW, [OLD]);
    expect(after.derive('a', 'salt', before.currentId)).toEqual(before.derive('a', 'salt'));
    expect(after.derive('a', 'salt')).not.toEqual(before.derive('a', 'salt'));
  });

  it('an unknown number is a fault, never the current key', () => {
    expect(() => createSecretRing(NEW).derive('a', 'salt', 'ffffffff')).toThrow('ffffffff');
    expect(() => createSecretRing(NEW).derive('a', 'salt', '__proto__')).toThrow('__proto__');
  });
});

describe('seal and open', () => {
  it('gives back any text for its own purpose', () => {
    const ring = createSecretRing(NEW);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, purpose) => {
        expect(ring.open(purpose, ring.seal(purpose, text))).toBe(text);
      }),
    );
  });

  it('JW-11 a predecessor still opens, and the current one seals', () => {
    const sealed = createSecretRing(OLD).seal('signing-key', 'private');
    const ring = createSecretRing(NEW, [OLD]);
    expect(ring.open('signing-key', sealed)).toBe('private');
    expect(ring.seal('signing-key', 'private').secretId).toBe(ring.currentId);
  });

  it('SE-01 stays shut for another secret, another number and another purpose', () => {
    const sealed = createSecretRing(OLD).seal('signing-key', 'private');
    const ring = createSecretRing(NEW, [OLD]);
    expect(createSecretRing(NEW).open('signing-key', sealed)).toBeUndefined();
    expect(ring.open('signing-key', { ...sealed, secretId: ring.currentId })).toBeUndefined();
    expect(ring.open('totp-secret', sealed)).toBeUndefined();
  });

  it('SE-01 stays shut when one character is changed or cut off', () => {
    const ring = createSecretRing(NEW);
    const { secretId, sealed } = ring.seal('signing-key', 'private!'); // 52 bytes: the last character has bits to spare
    for (let at = 0; at < sealed.length; at += 1) {
      const other = BASE64URL[BASE64URL.indexOf(sealed.charAt(at)) ^ 1] ?? '';
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      expect(ring.open('signing-key', { secretId, sealed: changed })).toBeUndefined();
      expect(ring.open('signing-key', { secretId, sealed: sealed.slice(0, at) })).toBeUndefined();
    }
  });

  it('SE-01 never seals a text the same way twice, and shows nothing of it', () => {
    const ring = createSecretRing(NEW);
    const first = ring.seal('a', 'private');
    expect(ring.seal('a', 'private').sealed).not.toBe(first.sealed);
    expect(Buffer.from(first.sealed, 'base64url').toString('latin1')).not.toContain('private');
  });
});
