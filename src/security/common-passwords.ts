import { foldCase, readLeet } from './password-patterns.ts';

// What one more character costs an attacker, in powers of ten, where it belongs to no word.
const SAME_AGAIN = 0.3;
const SEPARATOR = 0.5;
const DIGIT = 1;
const LETTER = 1.4;
const SYMBOL = 1.5;
const LEET_SPELLING = 0.3;

const ENOUGH = 8; // 10^8 guesses
const LONGEST_WORD = 32;

/**
 * Tells passwords that are common, or put together of a few common words, given lists with the most common word first.
 *
 * A list alone cannot do what ASVS 6.2.4 asks (the 3,000 most common passwords that satisfy the length rule): those
 * lists come from times when eight characters were enough, and of the 49,233 passwords in ours 17,950 have eight
 * characters, but 41 have fifteen. People meet a longer minimum with the passwords they had. So whatever an attacker
 * reaches within 10^8 guesses by joining words in the order of how common they are, in any case, in leet, with digits
 * and symbols between them, is common too. That is each listed word with up to three digits; each of the first 3,000 with
 * any three characters; any two of the first 3,000 (nine million passwords); and "thisisapassword".
 */
export function createCommonPasswords(lists: readonly (readonly string[])[]): (password: string) => boolean {
  const costOf = new Map<string, number>();
  for (const list of lists) {
    for (const [index, word] of list.entries()) {
      const folded = foldCase(word);
      costOf.set(folded, Math.min(costOf.get(folded) ?? Infinity, Math.log10(index + 1)));
    }
  }

  return (password) => cheapestReading(foldCase(password), costOf) < ENOUGH;
}

/** The least cost over all ways to cut the text into words and single characters. */
function cheapestReading(text: string, costOf: ReadonlyMap<string, number>): number {
  const inLeet = readLeet(text);
  const cheapest = [0]; // at each index, of the text before it
  for (let end = 1; end <= text.length; end += 1) {
    let least = (cheapest[end - 1] ?? 0) + characterCost(text.charAt(end - 1), text.charAt(end - 2));
    for (let start = Math.max(0, end - LONGEST_WORD); start < end; start += 1) {
      const plain = costOf.get(text.slice(start, end)) ?? Infinity;
      const leet = Math.min(...inLeet.map((reading) => costOf.get(reading.slice(start, end)) ?? Infinity));
      least = Math.min(least, (cheapest[start] ?? 0) + Math.min(plain, leet + LEET_SPELLING));
    }
    cheapest.push(least);
  }
  return cheapest[text.length] ?? 0;
}

function characterCost(character: string, previous: string): number {
  if (character === previous) return SAME_AGAIN; // the third "!" of "!!!"
  if (/[\s._-]/.test(character)) return SEPARATOR;
  if (/\d/.test(character)) return DIGIT;
  return /[a-z]/.test(character) ? LETTER : SYMBOL;
}
