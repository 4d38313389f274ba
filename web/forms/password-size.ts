// The server's own counting, so that the form says the same while one types.
import { passwordBytes, passwordLength } from '../../src/security/password-limits.ts';
import type { PasswordRules } from './sign-in-options.ts';

const some = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

export const bytesLeft = (value: string, { maxBytes }: PasswordRules): string => {
  const left = maxBytes - passwordBytes(value);
  return left >= 0 ? `${some(left, 'byte')} left` : `${some(-left, 'byte')} too long`;
};

export const charactersMissing = (value: string, { minLength }: PasswordRules): string | undefined => {
  const missing = minLength - passwordLength(value);
  return missing > 0 ? some(missing, 'more character') : undefined;
};

/** What the form refuses by itself; everything else is the server's to say. */
export function newPasswordFault(value: string, rules: PasswordRules | undefined): string | undefined {
  if (value === '') return 'Enter a password.';
  if (rules === undefined) return undefined;
  if (passwordLength(value) < rules.minLength) return `Use at least ${rules.minLength} characters.`;
  if (passwordBytes(value) > rules.maxBytes)
    return `This is ${bytesLeft(value, rules)}. A password can be at most ${rules.maxBytes} bytes long (plain letters take one byte each, accented ones two, emoji four).`;
  return undefined;
}
