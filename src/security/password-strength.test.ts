import * as common from '@zxcvbn-ts/language-common';
import { describe, expect, it } from 'vitest';
import { createPasswordStrength } from './password-strength.ts';

const strength = createPasswordStrength();
const OWNER = ['ada.lovelace', 'countess@example.org'];
const LISTED = common.dictionary['passwords-common'].map(String);

async function refusalOf(password: string, context = OWNER) {
  return (await strength.assess(password, context)).refusal;
}

async function acceptedOf(passwords: readonly string[]) {
  const accepted = [];
  for (const password of passwords) if ((await refusalOf(password)) === undefined) accepted.push(password);
  return accepted;
}

describe('createPasswordStrength', () => {
  it.each([
    'correct horse battery staple',
    'able acid baby love 4',
    'Korrektes Pferd Batterie',
    'vK8#tQ2!xL9@mW4$',
    '48291047582910475829',
    '私のパスワードは秘密です絶対に',
    'no composition rule at all',
  ])('PW-03 takes %j', async (password) => {
    const assessment = await strength.assess(password, OWNER);
    expect(assessment).not.toHaveProperty('refusal');
    expect(assessment.score).toBeGreaterThanOrEqual(3);
  });

  it.each([
    ['repeats', 'abcabcabcabcabc'],
    ['repeats', 'Passwordpassword'],
    ['keyboard', 'qwertyuiop[]asdf'],
    ['counts', '0123456789012345'],
    ['common', 'P@ssw0rd2024!!!!'],
    ['common', 'ILOVEYOUFOREVER'],
    ['common', 'summer2024summer'],
    ['common', 'thisisapassword'],
    ['common', 'myverysecretpass'],
    ['common', 'letmein'],
    ['common', 'responsibilities'],
    ['Dates', '31.12.1987'],
  ])('PW-07 refuses with a sentence that says "%s": %s', async (word, password) => {
    const { refusal, score, suggestions } = await strength.assess(password, OWNER);
    expect(refusal).toMatch(/^[A-Z][^.]*\.$/);
    expect(refusal).toContain(word);
    expect(score).toBeLessThanOrEqual(1);
    expect(suggestions.length).toBeGreaterThan(0);
  });

  it.each([
    'lovelace is my heroine',
    'the COUNTESS of programs',
    'ad4 l0velace was here',
    'welcome to gatehouse now',
    'G4T3H0USE opens again',
  ])('PW-08 refuses %j for its owner', async (password) => {
    expect(await refusalOf(password)).toMatch(/contains/);
  });

  it('PW-08 another person may have it, the name of the product nobody', async () => {
    expect(await refusalOf('lovelace is my heroine', ['bob', 'bob@example.org'])).toBeUndefined();
    expect(await refusalOf('welcome to gatehouse now', [])).toMatch(/product/);
  });

  it('the refusal never repeats the password or what is known of its owner', async () => {
    const assessment = await strength.assess('lovelace is my heroine', OWNER);
    expect(JSON.stringify(assessment)).not.toMatch(/lovelace|heroine|countess/i);
  });

  it('PW-07 refuses each of the first 3000 common passwords of eight characters, in any case', async () => {
    const eight = LISTED.filter((password) => password.length >= 8).slice(0, 3000);
    expect(eight).toHaveLength(3000);
    const sample = eight.filter((_, rank) => rank % 10 === 0);
    expect(await acceptedOf([...sample, ...sample.map((password) => password.toUpperCase())])).toEqual([]);
  });

  it('PW-07 refuses every listed one of fifteen characters', async () => {
    const fifteen = LISTED.filter((password) => password.length >= 15);
    expect(fifteen.length).toBeGreaterThan(30);
    expect(await acceptedOf(fifteen)).toEqual([]);
  });

  it('PW-07 refuses common ones made long enough: joined, doubled, dressed up', async () => {
    const first = LISTED.slice(0, 3000).filter((_, rank) => rank % 15 === 0);
    const joined = first.map((password, at) => password + first[(at * 7 + 3) % first.length]);
    const doubled = first.map((password) => `${password}${password}1`);
    const numbered = LISTED.filter((password) => password.length >= 12).map((password) => `${password}507`);
    const dressed = first.map((password) => `?${password}%=`);
    const some = numbered.filter((_, at) => at % 5 === 0);
    expect(await acceptedOf([...joined, ...doubled, ...dressed, ...some])).toEqual([]);
  });

  it('PW-06 judges the form that is hashed', async () => {
    const composed = 'éèàùçôîû'; // eight characters, and sixteen when decomposed, which would look far stronger
    expect(await strength.assess(composed.normalize('NFD'), [])).toEqual(await strength.assess(composed, []));
  });

  it('IN-07 looks at 72 characters however long the password is', async () => {
    const long = 'a'.repeat(72) + 'vK8#tQ2!xL9@mW4$'.repeat(10);
    expect(await strength.assess(long, OWNER)).toEqual(await strength.assess(long.slice(0, 72), OWNER));
  });

  it('can be loaded before it is needed, more than once', async () => {
    const early = createPasswordStrength();
    await Promise.all([early.warmUp(), early.warmUp()]);
    expect((await early.assess('password', [])).score).toBe(0);
  });

  it('has something to say of nothing', async () => {
    expect((await strength.assess('', [])).refusal).toBeDefined();
  });
});
