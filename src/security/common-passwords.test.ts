import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCommonPasswords } from './common-passwords.ts';

// A thousand words nobody types, so that the words of a test have the ranks of a real list.
const FILLER = Array.from({ length: 1000 }, (_, rank) => `q${rank}zz`);
const isCommon = createCommonPasswords([
  ['password', '123456', 'Iloveyou', 'dragon', 'monkey', '1qaz2wsx', ...FILLER, 'sesamstrasse'],
  ['the', 'is', 'this', 'a', 'my', 'very', 'secret', ...FILLER, 'horse', 'battery'],
]);

describe('createCommonPasswords', () => {
  it.each([
    ['a listed one', 'password'],
    ['another case', 'PassWord'],
    ['a listed one in capitals', 'ILOVEYOU'],
    ['the last of a list', 'sesamstrasse'],
    ['leet', 'p@$$w0rd'],
    ['two joined', 'monkeydragon'],
    ['two with a year between them', 'monkey2024dragon'],
    ['leet, a year and shouting', 'P4ssw0rd2024!!!!'],
    ['digits before and behind', '12password34'],
    ['three characters behind the last of a list', 'sesamstrasse1!7'],
    ['a sentence of the commonest words', 'thisismyverysecretpassword'],
    ['a sentence with spaces', 'this is my very secret password'],
    ['one character again and again', 'password................'],
  ])('PW-07 knows %s', (_what, password) => {
    expect(isCommon(password)).toBe(true);
  });

  it.each([
    ['rarer words', 'horse battery horse battery'],
    ['a common word and much that is random', 'password 8#tQ2!xL'],
    ['a common word and a long number', 'dragon8291047582'],
    ['letters at random', 'xkqvwphdjfbnrtl'],
    ['another script', '私のパスワードは秘密'],
  ])('PW-07 does not take for common: %s', (_what, password) => {
    expect(isCommon(password)).toBe(false);
  });

  it('PW-07 does not refuse what a password manager makes', () => {
    const unit = fc.constantFrom(...'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#%+:=?@');
    // Twelve different characters leave no room for the chance repeats that fast-check likes to make.
    const made = fc.uniqueArray(unit, { minLength: 16, maxLength: 24 }).map((characters) => characters.join(''));
    fc.assert(fc.property(made, (password) => !isCommon(password)));
  });
});
