import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextWords, foldCase, holdsWord, isRepeat, isRun, readLeet } from './password-patterns.ts';
import { anyText } from '../testing/any-text.ts';

const PASSPHRASES = [
  'correct horse battery staple',
  'sentiment of a purple teapot',
  'vK8#tQ2!xL9@mW4$',
  '48291047582910475829',
];

describe('repeats', () => {
  it.each([
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabc',
    'abcdabcdabcdab',
    'passwordpassword',
    'passwordpassword1',
    '123passwordpassword!!',
    'abababbaabbabaab',
    'x7$kq9!px7$kq9!p',
    '😀😀😀😀😀😀😀😀',
  ])('PW-07 finds one in %s', (password) => {
    expect(isRepeat(password)).toBe(true);
  });

  it.each([...PASSPHRASES, 'hubba bubba time again', 'mississippi river boat'])(
    'PW-07 finds none in %s',
    (password) => {
      expect(isRepeat(password)).toBe(false);
    },
  );
});

describe('runs', () => {
  it.each([
    'abcdefghijklmno',
    'onmlkjihgfedcba',
    '012345678901234',
    '987654321098765',
    'qwertyuiopasdfgh',
    'qwertyuiop[]asdf',
    'zxcvbnmasdfghjkl',
    '1qaz2wsx3edc4rfv',
    '1q2w3e4r5t6y7u8i',
    'a1b2c3d4e5f6g7h8',
    '!@#$%^&*()_+~!@#',
    'qwertzuiop12345x',
    'abc123def456ghi7',
  ])('PW-07 finds one in %s', (password) => {
    expect(isRun(password)).toBe(true);
  });

  it.each([...PASSPHRASES, 'property of the first stun ghost', '', '私のパスワードは秘密です絶対に'])(
    'PW-07 finds none in %j',
    (password) => {
      expect(isRun(password)).toBe(false);
    },
  );
});

describe('context words', () => {
  it('PW-08 takes names, the local parts of addresses and their parts', () => {
    expect(contextWords(['Ada.Lovelace', 'countess.a.l@example.org', 'bo', '', '  '])).toEqual([
      'ada.lovelace',
      'lovelace',
      'countess.a.l',
      'countess',
    ]);
  });

  it.each([
    ['my lovelace is great', 'Ada.Lovelace'],
    ['ADALOVELACE-forever', 'ada.lovelace'],
    ['ada_lovelace forever', 'ada.lovelace'],
    ['jo van de hoek was here', 'jo.van.de'],
    ['l0v3l4c3 for ever', 'lovelace'],
    ['10velace for ever', 'lovelace'],
    ['ＬＯＶＥＬＡＣＥ for ever', 'lovelace'],
    ['lovelace for ever', 'ada@example.org lovelace@example.org'],
    ['the tim2024 password', 'tim'],
    ['t1m goes to the market', 'tim'],
    ['x9y is my name here', 'x9y'],
    ['the user2024 password', 'user2024'],
  ])('PW-08 finds in %j the owner %j', (password, owner) => {
    expect(holdsWord(foldCase(password), contextWords(owner.split(' ')))).toBe(true);
  });

  it.each([
    ['sentiment of a purple teapot', 'tim'],
    ['channel of planned annexes', 'ann@example.org'],
    ['correct horse battery staple', 'example@correct.org'],
    ['correct horse battery staple', 'bo'],
    ['the idea dad had at home', 'ada'],
  ])('PW-08 finds in %j no owner %j', (password, owner) => {
    expect(holdsWord(foldCase(password), contextWords([owner]))).toBe(false);
  });
});

it('reads leet in two ways and keeps the length', () => {
  expect(readLeet('p455w0rd! 1$')).toEqual(['passwordi is', 'passwordl ls']);
  fc.assert(fc.property(anyText(), (text) => readLeet(text).every((leet) => leet.length === text.length)));
});

it('IN-07 judges any text of 72 characters without a fault', () => {
  const any = fc.string({ unit: fc.constantFrom(...'aA1!$@ .é😀\uD800'), maxLength: 72 });
  fc.assert(
    fc.property(any, any, (text, word) => {
      const folded = foldCase(text);
      expect(typeof (isRepeat(folded) || isRun(folded) || holdsWord(folded, contextWords([word])))).toBe('boolean');
    }),
  );
});
