import { expect, it } from 'vitest';
import { texts as english } from '../testing/english.ts';
import { createFormats } from './formats.ts';
import { languages } from './languages.ts';
import { openTexts } from './open-texts.ts';
import type { Texts } from './texts.ts';

it('a language without one of the texts does not compile', () => {
  const { signIn, ...rest } = english;
  // @ts-expect-error -- a whole part is missing
  const withoutPart: Texts = rest;
  const { title, ...others } = signIn;
  // @ts-expect-error -- one text is missing
  const withoutText: Texts = { ...rest, signIn: others };
  // @ts-expect-error -- a text that is given a count takes one, and none of something else
  const withAnother: Texts['newPassword']['bytesLeft'] = (left: Date) => String(left);
  expect([withoutPart, withoutText, withAnother, title]).toHaveLength(4);
});

/** `path.to.text` → the text, of everything that a catalogue says. */
function leavesOf(value: unknown, path = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...leavesOf(inner, `${path}.${key}`)]));
}

it.each(languages)('$tag says everything that English says, and takes what English takes', async ({ tag }) => {
  const { language, texts } = await openTexts([tag]);
  expect(language.tag).toBe(tag);
  const [own, wanted] = [leavesOf(texts), leavesOf(english)];
  expect([...own.keys()]).toEqual([...wanted.keys()]);
  for (const [path, text] of own) {
    if (typeof text === 'string') expect(text.trim(), path).not.toBe('');
    // What a translation leaves out of its parameters would be missing in its sentence.
    if (typeof text === 'function') expect(text, path).toHaveLength((wanted.get(path) as () => unknown).length);
  }
});

it('a count has the form that the language has for it', () => {
  const files = { one: '# plik', few: '# pliki', many: '# plików', other: '# pliku' };
  const { count } = createFormats('pl');
  expect([1, 2, 5, 22, 1.5, 12_345].map((value) => count(value, files))).toEqual([
    '1 plik',
    '2 pliki',
    '5 plików',
    '22 pliki',
    '1,5 pliku',
    '12\u00A0345 plików',
  ]);
  expect(createFormats('en-GB').count(0, { one: '# byte', other: '# bytes' })).toBe('0 bytes');
});
