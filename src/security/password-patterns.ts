// Rows and columns of keyboards (US, German, French), digits and the alphabet, each to be read in both directions.
const ROWS = [
  '`1234567890-=',
  '~!@#$%^&*()_+',
  '01234567890123',
  'abcdefghijklmnopqrstuvwxyzabc',
  'qwertyuiop[]\\',
  "asdfghjkl;'",
  'zxcvbnm,./',
  'qwertzuiopü',
  'asdfghjklöä',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/',
  'zaq12wsxcde34rfvbgt56yhnmju78ik,',
];
const TRACKS = ROWS.flatMap((row) => [row, [...row].toReversed().join('')]).join('\n');

const LEET = new Map(
  Object.entries({
    0: 'o',
    2: 'z',
    3: 'e',
    4: 'a',
    5: 's',
    6: 'g',
    7: 't',
    8: 'b',
    9: 'g',
    '@': 'a',
    $: 's',
    '+': 't',
  }),
);

const SHORTEST_RUN = 3;
const SHORTEST_WORD = 3; // no user name is shorter
const SHORTEST_PART = 4;
const SHORTEST_SQUEEZED = 5; // with the spaces gone, shorter words turn up by chance: "i[dea d]ad"

/** One case and one compatibility form, so that "ＡＤＭＩＮ" is found in "admin…". */
export function foldCase(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Without the digits and symbols that people put before and behind a word to please a composition rule. */
function stripEnds(folded: string): string {
  return folded.replace(/^[^\p{L}]+/u, '').replace(/[^\p{L}]+$/u, '');
}

/** Reads "p455w0rd" as "password", character by character; 1 and ! may be i or l, so there are two readings. */
export function readLeet(folded: string): string[] {
  return ['i', 'l'].map((one) =>
    [...folded].map((character) => ('1!|'.includes(character) ? one : (LEET.get(character) ?? character))).join(''),
  );
}

/** One unit again and again (aaaa…, abcabcab…, passwordpassword), also with digits before or behind; or three characters in all. */
export function isRepeat(folded: string): boolean {
  const core = stripEnds(folded);
  if (new Set(folded).size <= 3) return true;
  return isPeriodic(folded) || (core.length * 2 > folded.length && isPeriodic(core));
}

function isPeriodic(text: string): boolean {
  for (let period = 1; period * 2 <= text.length; period += 1) {
    if (text.startsWith(text.slice(period))) return true; // shifted by a period, a repeat lies upon itself
  }
  return false;
}

/**
 * Nothing but walks along a keyboard, digits in order, or the alphabet (four fifths of it in steps of three or more), or two
 * such walks in turn ("a1b2c3d4", "1q2w3e4r").
 */
export function isRun(folded: string): boolean {
  const characters = [...folded];
  const odd = characters.filter((_, at) => at % 2 === 1).join('');
  const even = characters.filter((_, at) => at % 2 === 0).join('');
  return isWalk(folded) || (isWalk(odd) && isWalk(even));
}

function isWalk(text: string): boolean {
  let walked = 0;
  for (let at = 0; at < text.length;) {
    let end = at + 1;
    while (end < text.length && TRACKS.includes(text.slice(at, end + 1))) end += 1;
    if (end - at >= SHORTEST_RUN) walked += end - at;
    at = end;
  }
  return text.length > 0 && walked * 5 >= text.length * 4;
}

/** The words to look for: each entry, the part before the @ of an address, and their parts ("lovelace" of ada.lovelace@…). */
export function contextWords(context: readonly string[]): string[] {
  const words = context.flatMap((entry) => {
    const whole = foldCase(entry.slice(0, 254)).split('@', 1)[0]?.trim() ?? '';
    const parts = whole.split(/[^\p{L}\p{N}]+/u).filter((part) => part.length >= SHORTEST_PART);
    return [whole, ...parts].filter((word) => word.length >= SHORTEST_WORD);
  });
  return [...new Set(words)];
}

/**
 * Whether one of the words is in it: as it is, in leet, or with other separators. A word of three letters counts only where
 * it stands by itself: Tim may have "sentiment" in his password.
 */
export function holdsWord(folded: string, words: readonly string[]): boolean {
  const readings = [folded, ...readLeet(folded)];
  const alone = readings.flatMap((reading) => reading.split(/[^\p{L}]+/u).concat(reading.split(/[^\p{L}\p{N}]+/u)));
  return words.some((word) => {
    if (word.length < SHORTEST_PART) return alone.includes(word);
    if (readings.some((reading) => reading.includes(word))) return true;
    const squeezed = squeeze(word);
    return squeezed.length >= SHORTEST_SQUEEZED && readings.some((reading) => squeeze(reading).includes(squeezed));
  });
}

function squeeze(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
