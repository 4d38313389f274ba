// A language that nobody speaks, made of English: every letter has an accent and every vowel is doubled. A text that still has
// a plain letter on the page did not come from the catalogue; one that is cut off has no room for a longer language.
import { english } from '../texts/english/index.ts';
import type { Formats } from '../texts/formats.ts';
import type { Texts } from '../texts/texts.ts';

const plain = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const marked = Array.from('àƀćđéƒĝĥíĵķĺɱñóƥɋŕšťúṽŵẋýžÀƁĆĐÉƑĜĤÍĴĶĹⱮÑÓƤɊŔŠŤÚṼŴẊÝŽ');

function accent(text: string): string {
  const accented = (letter: string): string => {
    const mark = marked[plain.indexOf(letter)] ?? letter;
    return /[aeiou]/.test(letter) ? mark + mark : mark;
  };
  return text.replaceAll(/[a-z]/gi, accented);
}

type Value = string | number | undefined | Value[] | { [key: string]: Value } | ((...input: unknown[]) => unknown);

/** What a text is given goes in as it is; words that a text gives to the page (for a link) come out accented. */
function accentOutput(output: unknown): unknown {
  if (typeof output === 'string') return accent(output);
  return Array.isArray(output) ? output.map(accentOutput) : output;
}

const accentWords = (input: unknown): unknown =>
  typeof input === 'function' ? (words: string) => (input as (words: string) => unknown)(accent(words)) : input;

function accentAll(value: Value): Value {
  if (typeof value === 'string') return accent(value);
  if (typeof value === 'function') return (...input) => accentOutput(value(...input.map(accentWords)));
  if (Array.isArray(value)) return value.map(accentAll);
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, accentAll(inner)]));
  return value;
}

export const accented = (formats: Formats): Texts =>
  accentAll(english(formats) as unknown as Value) as unknown as Texts;
