import type { Formats } from '../formats.ts';

export const fields = {
  username: 'User name',
  chooseUsername: 'Choose a user name.',
  email: 'E-mail address',
  enterEmail: 'Enter an e-mail address, such as name@example.org.',
  password: 'Password',
  showPassword: 'Show password',
  hidePassword: 'Hide password',
};

const strengths = {
  label: 'Strength:',
  checking: 'Checking …',
  unknown: 'Cannot be checked at the moment',
  refused: 'Cannot be used',
  tooLong: 'Too long',
  /** From the worst score, 0, to the best, 4. */
  scores: ['Weak', 'Weak', 'Fair', 'Strong', 'Very strong'] satisfies [string, string, string, string, string],
};

export const newPassword = ({ count }: Formats) => ({
  rule: (minimum: number) =>
    count(minimum, {
      one: 'At least # character. Try a few random words.',
      other: 'At least # characters. Try a few random words.',
    }),
  missing: 'Enter a password.',
  tooShort: (minimum: number) =>
    count(minimum, { one: 'Use at least # character.', other: 'Use at least # characters.' }),
  tooLong: (excess: number, maximum: number) =>
    [
      count(excess, { one: 'This password is # byte too long.', other: 'This password is # bytes too long.' }),
      count(maximum, {
        one: 'A password can be at most # byte long (plain letters take one byte each, accented ones two, emoji four).',
        other:
          'A password can be at most # bytes long (plain letters take one byte each, accented ones two, emoji four).',
      }),
    ].join(' '),
  charactersMissing: (missing: number) => count(missing, { one: '# more character', other: '# more characters' }),
  bytesLeft: (left: number) => count(left, { one: '# byte left', other: '# bytes left' }),
  bytesTooLong: (excess: number) => count(excess, { one: '# byte too long', other: '# bytes too long' }),
  strength: strengths,
  suggest: 'Suggest a passphrase',
  suggestAnother: 'Suggest another',
  copy: 'Copy',
  copied: 'Copied',
});
