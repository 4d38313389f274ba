import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomToken, sha256Hex, timingSafeEqualText } from './random-token.ts';
import { anyText } from '../testing/any-text.ts';

describe('randomToken', () => {
  it('SE-01 has 256 bits unless told otherwise, in base64url without padding', () => {
    expect(randomToken()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(randomToken(20), 'base64url')).toHaveLength(20);
  });

  it('never gives one twice', () => {
    expect(new Set(Array.from({ length: 1000 }, () => randomToken(16))).size).toBe(1000);
  });
});

describe('sha256Hex', () => {
  it('gives the digest of FIPS 180-4', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('reads text as UTF-8', () => {
    expect(sha256Hex('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c');
  });
});

describe('timingSafeEqualText', () => {
  it('says what === says, also for unequal lengths', () => {
    const text = anyText({ maxLength: 8 });
    fc.assert(fc.property(text, text, (a, b) => timingSafeEqualText(a, b) === (a === b)));
    fc.assert(fc.property(text, (a) => timingSafeEqualText(a, a) && !timingSafeEqualText(a, `${a}x`)));
  });

  it('tells lone surrogates apart, and composed from decomposed', () => {
    expect(timingSafeEqualText('\uD800', '\uD801')).toBe(false);
    expect(timingSafeEqualText('\u00E9', 'e\u0301')).toBe(false);
  });
});
