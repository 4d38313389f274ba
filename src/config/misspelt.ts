// Variables that nobody reads, and that look as if somebody should: a misspelt name is often why another one is missing.
import { isSecret, variableNames } from './variables.ts';
import type { Environment } from './variables.ts';

/** Levenshtein's distance: how many characters were typed, left out or changed by mistake. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, character] of Array.from(from).entries()) {
    const next = [index + 1];
    for (let column = 0; column < to.length; column += 1) {
      const changed = (row[column] ?? 0) + (character === to[column] ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

const plain = (name: string): string => name.replaceAll('_', '').toUpperCase();

/** In a short name a mistake or two make somebody else's variable of it: `POST` is not `PORT`, `HOME` is not `HOST`. */
function allowedMistakes(name: string): number {
  const { length } = plain(name);
  if (length < 6) return 0;
  return length < 9 ? 1 : 2;
}

/** Near misses of a name we know; everything else in the environment belongs to somebody else. */
export function findMisspelt(env: Environment): string[] {
  const known = variableNames.flatMap((name) => (isSecret(name) ? [name, `${name}_FILE`] : [name]));
  return Object.keys(env).flatMap((name) => {
    if (known.includes(name)) return [];
    const own = plain(name).replace(/^GATEHOUSE/, '');
    const near = known.map((candidate) => ({ candidate, mistakes: distance(own, plain(candidate)) }));
    const close = near
      .filter(({ candidate, mistakes }) => mistakes <= allowedMistakes(candidate))
      .toSorted((one, other) => one.mistakes - other.mistakes)[0];
    return close === undefined ? [] : [`${name} is not a variable of Gatehouse; did you mean ${close.candidate}?`];
  });
}
