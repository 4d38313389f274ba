import { describe, expect, it } from 'vitest';
import {
  isUsablePassword,
  normalisePassword,
  PASSWORD_MAX_BYTES,
  PASSWORD_MIN_FLOOR,
  passwordBytes,
  passwordLength,
} from './password-limits.ts';

const COMPOSED = 'caf\u00E9';
const DECOMPOSED = 'cafe\u0301';

describe('password limits', () => {
  it('PW-01 the floor is 8 and PW-04 the ceiling is 72 bytes', () => {
    expect([PASSWORD_MIN_FLOOR, PASSWORD_MAX_BYTES]).toEqual([8, 72]);
  });

  it('PW-06 one form for composed and decomposed letters', () => {
    expect(normalisePassword(DECOMPOSED)).toBe(COMPOSED);
    expect(passwordBytes(DECOMPOSED)).toBe(passwordBytes(COMPOSED));
    expect(passwordLength(DECOMPOSED)).toBe(4);
  });

  it.each(['  spaces kept  ', 'CaseKept', '\ttab', 'ﬁ ligature kept', 'ＦＵＬＬ'])(
    'PW-06 does not change %j',
    (password) => {
      expect(normalisePassword(password)).toBe(password);
    },
  );

  it.each([
    ['', 0, 0],
    ['a'.repeat(72), 72, 72],
    ['é'.repeat(36), 36, 72],
    ['😀'.repeat(18), 18, 72],
    ['😀'.repeat(19), 19, 76],
  ])('PW-02 PW-04 counts code points and bytes of %j', (password, length, bytes) => {
    expect(passwordLength(password)).toBe(length);
    expect(passwordBytes(password)).toBe(bytes);
  });

  it('IN-07 does not normalise what is too long in any form: the sorting of its marks is quadratic', () => {
    const marks = 'a' + '\u0301\u0323'.repeat(200);
    expect(normalisePassword(marks)).toBe(marks);
    expect(passwordBytes(marks)).toBeGreaterThan(PASSWORD_MAX_BYTES);
  });

  it('PW-04 normalises whatever could still fit: the form that shrinks most', () => {
    const decomposed = '\u1F82'.normalize('NFD').repeat(24); // four characters become one of three bytes
    expect(passwordBytes(decomposed)).toBe(PASSWORD_MAX_BYTES);
  });

  it.each(['correct horse battery staple', '😀😀😀', ' ', '\u007f'])('PW-02 %j is usable', (password) => {
    expect(isUsablePassword(password)).toBe(true);
  });

  it.each(['\uD800', 'abc\uDC00def', 'abc\u0000def'])('PW-04 %j is not: some of it would not count', (password) => {
    expect(isUsablePassword(password)).toBe(false);
  });

  it('PW-04 two lone surrogates would be one password to bcrypt', () => {
    expect(Buffer.from('\uD800')).toEqual(Buffer.from('\uDBFF'));
  });
});
