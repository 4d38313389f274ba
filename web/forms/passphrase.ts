// Words that nobody chose: five of 7776 are 64 bits, which no one guesses, and still can be remembered.
const WORDS = 5;

const SIXTEEN_BITS = 2 ** 16;

type Fill = (numbers: Uint16Array<ArrayBuffer>) => Uint16Array<ArrayBuffer>;

/** A whole number below `count`, each equally likely: what would favour the first ones is drawn again. */
export function randomIndex(count: number, fill: Fill): number {
  const limit = SIXTEEN_BITS - (SIXTEEN_BITS % count);
  for (;;) {
    const drawn = fill(new Uint16Array(1))[0];
    if (drawn !== undefined && drawn < limit) return drawn % count;
  }
}

export function joinRandomWords(words: readonly string[], fill: Fill): string {
  return Array.from({ length: WORDS }, () => words[randomIndex(words.length, fill)]).join('-');
}

/** Made here, from a list that is loaded when it is first asked for; it never was anywhere else. */
export async function proposePassphrase(): Promise<string> {
  const { default: words } = await import('@zxcvbn-ts/language-common/dist/diceware.json.mjs');
  return joinRandomWords(words, (numbers) => crypto.getRandomValues(numbers));
}
