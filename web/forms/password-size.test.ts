import { describe, expect, it } from 'vitest';
import { texts as english } from '../testing/english.ts';
import { bytesLeft, charactersMissing, newPasswordFault } from './password-size.ts';

const rules = { minLength: 15, maxBytes: 72 };
const texts = english.newPassword;

describe('the size of a password', () => {
  it('is what is left, or too much', () => {
    expect(bytesLeft('a'.repeat(70), rules)).toBe(2);
    expect(bytesLeft('é'.repeat(37), rules)).toBe(-2);
    expect(bytesLeft('e\u0301'.repeat(35), rules), 'composed, as the server does').toBe(2);
    expect(bytesLeft('🦉🦉', rules)).toBe(64);
  });

  it('is what is missing', () => {
    expect(charactersMissing('a'.repeat(13), rules)).toBe(2);
    expect(charactersMissing('🦉'.repeat(14), rules)).toBe(1);
    expect(charactersMissing('a'.repeat(15), rules)).toBe(0);
  });

  it('is said in words', () => {
    expect(texts.bytesLeft(2)).toBe('2 bytes left');
    expect(texts.bytesLeft(1)).toBe('1 byte left');
    expect(texts.bytesTooLong(2)).toBe('2 bytes too long');
    expect(texts.charactersMissing(2)).toBe('2 more characters');
    expect(texts.charactersMissing(1)).toBe('1 more character');
  });
});

describe('what the form refuses by itself', () => {
  it.each([
    ['', 'Enter a password.'],
    ['short', 'Use at least 15 characters.'],
    ['é'.repeat(37), 'This password is 2 bytes too long.'],
    ['é'.repeat(37), 'at most 72 bytes'],
  ])('%j', (password, fault) => {
    expect(newPasswordFault(password, rules, texts)).toContain(fault);
  });

  it('leaves the rest to the server, also where the rules are not known', () => {
    expect(newPasswordFault('passwordpassword', rules, texts)).toBeUndefined();
    expect(newPasswordFault('short', undefined, texts)).toBeUndefined();
    expect(newPasswordFault('', undefined, texts)).toBe('Enter a password.');
  });
});
