/** The one place of the features' tests that knows which library hashes: comparisons wait, fail, or are counted. */
import bcrypt from 'bcrypt';
import { onTestFinished, vi } from 'vitest';

export interface HeldHashes {
  /** How many comparisons have begun. */
  begun(): number;
  /** All of them end, and later ones at once, as of a right or a wrong password. */
  letGo(isRight: boolean): void;
  /** Later ones are real again. */
  restore(): void;
}

/** From now on, until the test ends, every comparison waits until it is let go. */
export function holdHashes(): HeldHashes {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const compare = vi.spyOn(bcrypt, 'compare');
  // oxlint-disable-next-line typescript/no-misused-promises -- of the two overloads vitest sees the callback's
  compare.mockImplementation((() => promise) as typeof bcrypt.compare);
  const restore = () => compare.mockRestore();
  onTestFinished(restore);
  return { begun: () => compare.mock.calls.length, letGo: resolve, restore };
}

/** While the act runs, every comparison fails. */
export async function failHashes<T>(act: () => Promise<T>): Promise<T> {
  const compare = vi.spyOn(bcrypt, 'compare').mockRejectedValue(new Error('the pool is gone'));
  try {
    return await act();
  } finally {
    compare.mockRestore();
  }
}

/** The rounds of bcrypt that the act takes. */
export async function roundsOf(act: () => Promise<unknown>): Promise<number> {
  const compare = vi.spyOn(bcrypt, 'compare');
  const hash = vi.spyOn(bcrypt, 'hash');
  try {
    await act();
    const costs = [
      ...compare.mock.calls.map(([, stored]) => bcrypt.getRounds(stored)),
      ...hash.mock.calls.map(([, cost]) => Number(cost)),
    ];
    return costs.reduce((rounds, cost) => rounds + 2 ** cost, 0);
  } finally {
    compare.mockRestore();
    hash.mockRestore();
  }
}
