import { describe, expect, it } from 'vitest';
import { joinRandomWords, proposePassphrase, randomIndex } from './passphrase.ts';

/** Gives these numbers, one after the other. */
function drawing(...numbers: number[]) {
  return (target: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> => {
    target[0] = numbers.shift() ?? 0;
    return target;
  };
}

describe('a random index', () => {
  it('draws again where the remainder would favour the first words', () => {
    // 65536 = 8 * 7776 + 3328: the last 3328 numbers are one word too many for the first 3328 words.
    expect(randomIndex(7776, drawing(62_207))).toBe(7775);
    expect(randomIndex(7776, drawing(62_208, 65_535, 7777))).toBe(1);
  });

  it('gives every index equally often over all numbers that are taken', () => {
    const counts = new Map<number, number>();
    for (let number = 0; number < 62_208; number += 1) {
      const index = randomIndex(7776, drawing(number));
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    expect(counts.size).toBe(7776);
    expect(new Set(counts.values())).toEqual(new Set([8]));
  });
});

describe('a passphrase', () => {
  it('is five words of the list, which is the long one', async () => {
    const { default: words } = await import('@zxcvbn-ts/language-common/dist/diceware.json.mjs');
    expect(new Set(words).size).toBe(7776);
    const list = new Set(words);
    // Some words of the list have a hyphen of their own, as in "yo-yo".
    const plain = (await Promise.all(Array.from({ length: 50 }, proposePassphrase))).filter(
      (passphrase) => passphrase.split('-').length === 5,
    );
    expect(plain.length).toBeGreaterThan(40);
    for (const word of plain.flatMap((passphrase) => passphrase.split('-'))) expect(list).toContain(word);
    expect(new Set(plain).size).toBe(plain.length);
  });

  it('fits into 72 bytes whatever is drawn', async () => {
    const { default: words } = await import('@zxcvbn-ts/language-common/dist/diceware.json.mjs');
    const longest = Math.max(...words.map((word) => new TextEncoder().encode(word).byteLength));
    expect(5 * longest + 4).toBeLessThanOrEqual(72);
  });

  it('is joined by hyphens', () => {
    expect(joinRandomWords(['a', 'b', 'c'], drawing(0, 1, 2, 1, 0))).toBe('a-b-c-b-a');
  });
});
