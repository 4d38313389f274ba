import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalUsername, USERNAME_RULE } from './username.ts';
import { anyText } from '../testing/any-text.ts';

describe('canonicalUsername', () => {
  it.each([
    ['ada', 'ada'],
    ['  Ada.Lovelace ', 'ada.lovelace'],
    ['ADMIN', 'admin'],
    ['ＡＤＭＩＮ', 'admin'],
    ['ⓐdmin', 'admin'],
    ['\u212Aelvin', 'kelvin'],
    ['a--b__c..d', 'a--b__c..d'],
    ['a'.repeat(32), 'a'.repeat(32)],
  ])('PW-18 gives one form: %j → %j', (input, canonical) => {
    expect(canonicalUsername(input)).toBe(canonical);
  });

  it.each([
    ['too short', 'ab'],
    ['too long', 'a'.repeat(33)],
    ['empty', ''],
    ['only spaces', '    '],
    ['a space inside', 'ada lovelace'],
    ['an address', 'ada@example.org'],
    ['a leading dot', '.ada'],
    ['a trailing hyphen', 'ada-'],
    ['a Cyrillic look-alike', '\u0430dmin'],
    ['a dotted capital I', 'adm\u0130n'],
    ['a zero-width space', 'ad\u200Bmin'],
    ['a zero-width joiner', 'ad\u200Dmin'],
    ['a soft hyphen', 'ad\u00ADmin'],
    ['a bidi override', '\u202Eadmin'],
    ['NUL', 'admin\u0000'],
    ['a line feed inside', 'admin\nadmin'],
    ['a path', '../admin'],
    ['a letter whose NFKC form holds a space', 'ada\u00A8b'],
    ['megabytes of combining marks', 'a' + '\u0301\u0323'.repeat(500_000)],
  ])('PW-18 refuses %s', (_what, input) => {
    expect(canonicalUsername(input)).toBeUndefined();
  });

  it('PW-18 is idempotent, and every result is within the rule', () => {
    const likely = fc.string({
      unit: fc.constantFrom('a', 'B', '9', '.', '-', '_', 'ｚ', '\u212A', 'ı', ' '),
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.oneof(likely, anyText()), (input) => {
        const canonical = canonicalUsername(input);
        if (canonical === undefined) return;
        expect(canonical).toMatch(/^[a-z0-9._-]{3,32}$/);
        expect(canonicalUsername(canonical)).toBe(canonical);
        expect(canonicalUsername(` ${canonical.toUpperCase()} `)).toBe(canonical);
      }),
    );
  });

  it('states its rule in one sentence', () => {
    expect(USERNAME_RULE).toMatch(/^[A-Z][^.]*\.$/);
  });
});
