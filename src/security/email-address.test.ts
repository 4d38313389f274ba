import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalEmailAddress } from './email-address.ts';
import { anyText } from '../testing/any-text.ts';

describe('canonicalEmailAddress', () => {
  it.each([
    ['ada@example.org', 'ada@example.org', 'ada@example.org'],
    ['  Ada.Lovelace@Example.ORG\n', 'Ada.Lovelace@example.org', 'ada.lovelace@example.org'],
    ['ada+news@example.org', 'ada+news@example.org', 'ada+news@example.org'],
    ["o'brien@example.ie", "o'brien@example.ie", "o'brien@example.ie"],
    ['\u212Aelvin@example.org', 'Kelvin@example.org', 'kelvin@example.org'],
    ['ada@BÜCHER.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@bu\u0308cher.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@例え。テスト', 'ada@xn--r8jz45g.xn--zckzah', 'ada@xn--r8jz45g.xn--zckzah'],
    ['ada@ｅｘａｍｐｌｅ．org', 'ada@example.org', 'ada@example.org'],
    ['ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
  ])('PW-19 reads %j', (input, address, canonical) => {
    expect(canonicalEmailAddress(input)).toEqual({ address, canonical });
  });

  it('PW-19 has no Gmail dot rule', () => {
    expect(canonicalEmailAddress('a.da@gmail.com')?.canonical).not.toBe(
      canonicalEmailAddress('ada@gmail.com')?.canonical,
    );
  });

  it.each([
    ['no @', 'ada.example.org'],
    ['two @', 'ada@evil.example@example.org'],
    ['a full-width @', 'ada＠example.org'],
    ['a full-width @ in the domain', 'ada@evil.example＠example.org'],
    ['an empty local part', '@example.org'],
    ['an empty domain', 'ada@'],
    ['a domain without a dot', 'ada@localhost'],
    ['a trailing dot', 'ada@example.org.'],
    ['an empty label', 'ada@example..org'],
    ['a label that begins with a hyphen', 'ada@-example.org'],
    ['a label that ends with a hyphen', 'ada@example-.org'],
    ['a label of 64 characters', `ada@${'a'.repeat(64)}.org`],
    ['an underscore in the domain', 'ada@exa_mple.org'],
    ['a local part of 65 characters', `${'a'.repeat(65)}@example.org`],
    ['255 characters', `ada@${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example`],
    ['dots in a row', 'a..da@example.org'],
    ['a leading dot', '.ada@example.org'],
    ['a quoted local part', '"ada"@example.org'],
    ['a quoted @', '"ada@evil.example"@example.org'],
    ['a comment', 'ada(x)@example.org'],
    ['a display name', 'Ada <ada@example.org>'],
    ['an umlaut in the local part', 'bücher@example.org'],
    ['a space', 'ada lovelace@example.org'],
    ['NUL', 'ada\u0000@example.org'],
    ['a zero-width space', 'ada@exa\u200Bmple.org'],
    ['a soft hyphen', 'ada@exa\u00ADmple.org'],
    ['a variation selector', 'ada@example\uFE0F.org'],
    ['a bidi override', 'ada@\u202Eexample.org'],
    ['a lone surrogate', 'ada@exa\uD800mple.org'],
    ['a port', 'ada@example.org:25'],
    ['a path', 'ada@example.org/x'],
    ['a percent escape', 'ada@example%2eorg'],
    ['a backslash', 'ada@example.org\\x'],
    ['an IPv4 literal', 'ada@[127.0.0.1]'],
    ['an IPv6 literal', 'ada@[IPv6:::1]'],
    ['a bare IPv4 address', 'ada@127.0.0.1'],
    ['a full-width IPv4 address', 'ada@１２７.0.0.1'],
    ['a hexadecimal IPv4 address', 'ada@0x7f.1'],
    ['megabytes', `${'a'.repeat(2_000_000)}@example.org`],
  ])('PW-19 refuses %s', (_what, input) => {
    expect(canonicalEmailAddress(input)).toBeUndefined();
  });

  it.each([
    ['a comma', 'ada@example.org,eve@evil.example'],
    ['a comma without a second @', 'ada,eve@example.org'],
    ['a semicolon', 'ada@example.org;evil.example'],
    ['CR LF and a header', 'ada@example.org\r\nBcc: eve'],
    ['a line feed in the local part', 'ada\n@example.org'],
    ['a tab in the domain, which a URL parser drops', 'ada@exam\tple.org'],
    ['a line separator', 'ada@example\u2028.org'],
  ])('IN-13 one recipient, no header: refuses %s', (_what, input) => {
    expect(canonicalEmailAddress(input)).toBeUndefined();
  });

  it('PW-19 is idempotent on both forms, which are ASCII and within their limits', () => {
    const part = fc.string({
      unit: fc.constantFrom('a', 'Z', '9', '.', '-', '+', 'ü', 'ß', '例', '。', '\u0308'),
      maxLength: 12,
    });
    const likely = fc.tuple(part, part).map(([local, domain]) => `${local}@${domain}.example`);
    fc.assert(
      fc.property(fc.oneof(likely, fc.emailAddress(), anyText()), (input) => {
        const email = canonicalEmailAddress(input);
        if (email === undefined) return;
        expect(email.address).toMatch(/^[\x21-\x7e]{6,254}$/);
        expect(canonicalEmailAddress(email.address)).toEqual(email);
        expect(canonicalEmailAddress(email.canonical)).toEqual({
          address: email.canonical,
          canonical: email.canonical,
        });
      }),
    );
  });
});
