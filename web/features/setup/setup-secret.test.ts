import { expect, it } from 'vitest';
import { secretOf } from './setup-secret.ts';

it.each([
  ['#secret=abc-_D', 'abc-_D'],
  ['#other=1&secret=abc', 'abc'],
  ['#secret=', undefined],
  ['#abc', undefined],
  ['', undefined],
])('finds the secret behind the # of a link: %s', (hash, secret) => {
  expect(secretOf(hash)).toBe(secret);
});
