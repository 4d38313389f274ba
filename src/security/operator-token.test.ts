import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyAlterationOf, otherEndingsOf } from '../testing/altered.ts';
import { createSecretRing } from './app-secret.ts';
import { createOperatorToken, isGenuineOperatorToken, isOperatorToken } from './operator-token.ts';

const SECRET = 'Zk3vQ8mT1xWp6LrY9sBn2HcD5jFgE7aU4iKoXzVt';
const OTHER = 'a7Qw9Xe2Rt5Yu8Io1Pl4Kj6Hg3Fd0SzMnBvCxWqE';
const NOW = 1_800_000_000_000;

const secrets = createSecretRing(SECRET);
const token = createOperatorToken(secrets, NOW);

it('is good for a minute, for who knows the secret, also as the previous one', () => {
  expect(isOperatorToken(token)).toBe(true);
  for (const at of [NOW, NOW + 59_999]) expect(isGenuineOperatorToken(secrets, token, at)).toBe(true);
  for (const at of [NOW - 1, NOW + 60_000, NOW + 86_400_000])
    expect(isGenuineOperatorToken(secrets, token, at), String(at)).toBe(false);
  expect(isGenuineOperatorToken(createSecretRing(OTHER, [SECRET]), token, NOW)).toBe(true);
  expect(isGenuineOperatorToken(createSecretRing(OTHER), token, NOW)).toBe(false);
  expect(createOperatorToken(secrets, NOW)).not.toBe(token);
});

it('one changed, added or missing character makes it worthless, and so does another spelling', () => {
  fc.assert(
    fc.property(anyAlterationOf(token), (text) => !isGenuineOperatorToken(secrets, text, NOW)),
    { numRuns: 1000 },
  );
  for (const other of otherEndingsOf(token)) expect(isGenuineOperatorToken(secrets, other, NOW), other).toBe(false);
});

it('any other text is none, and does not throw', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(isGenuineOperatorToken(secrets, `op.${text}`, NOW)).toBe(false);
    }),
  );
});
