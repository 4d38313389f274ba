import { expect, it } from 'vitest';
import { setupLink } from '#contract/pages.ts';
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

it('finds what the server put into the link', () => {
  const link = setupLink('https://gate.example.org', 'aB3-_z');
  expect(link).toBe('https://gate.example.org/setup#secret=aB3-_z');
  expect(secretOf(new URL(link).hash)).toBe('aB3-_z');
});
