import { describe, expect, it } from 'vitest';
import { bytesLeft, charactersMissing, newPasswordFault } from './password-size.ts';

const rules = { minLength: 15, maxBytes: 72 };

describe('the size of a password', () => {
  it('says what is left, or too much', () => {
    expect(bytesLeft('a'.repeat(70), rules)).toBe('2 bytes left');
    expect(bytesLeft('a'.repeat(71), rules)).toBe('1 byte left');
    expect(bytesLeft('é'.repeat(37), rules)).toBe('2 bytes too long');
    expect(bytesLeft('e\u0301'.repeat(35), rules), 'composed, as the server does').toBe('2 bytes left');
  });

  it('says what is missing', () => {
    expect(charactersMissing('a'.repeat(13), rules)).toBe('2 more characters');
    expect(charactersMissing('🦉'.repeat(14), rules)).toBe('1 more character');
    expect(charactersMissing('a'.repeat(15), rules)).toBeUndefined();
  });
});

describe('what the form refuses by itself', () => {
  it.each([
    ['', 'Enter a password.'],
    ['short', 'Use at least 15 characters.'],
    ['é'.repeat(37), 'This is 2 bytes too long.'],
  ])('%j', (password, fault) => {
    expect(newPasswordFault(password, rules)).toContain(fault);
  });

  it('leaves the rest to the server, also where the rules are not known', () => {
    expect(newPasswordFault('passwordpassword', rules)).toBeUndefined();
    expect(newPasswordFault('short', undefined)).toBeUndefined();
    expect(newPasswordFault('', undefined)).toBe('Enter a password.');
  });
});
