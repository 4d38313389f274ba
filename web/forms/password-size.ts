// The server's own counting, so that the form says the same while one types.
import { passwordBytes, passwordLength } from '../../src/security/password-limits.ts';
import type { Texts } from '../texts/texts.ts';
import type { PasswordRules } from './sign-in-options.ts';

/** How many characters are missing; negative where there are more than enough. */
export const charactersMissing = (value: string, { minLength }: PasswordRules): number =>
  minLength - passwordLength(value);

/** How many bytes are left; negative where there are too many. */
export const bytesLeft = (value: string, { maxBytes }: PasswordRules): number => maxBytes - passwordBytes(value);

/** What the form refuses by itself; everything else is the server's to say. */
export function newPasswordFault(
  value: string,
  rules: PasswordRules | undefined,
  texts: Texts['newPassword'],
): string | undefined {
  if (value === '') return texts.missing;
  if (rules === undefined) return undefined;
  if (charactersMissing(value, rules) > 0) return texts.tooShort(rules.minLength);
  const left = bytesLeft(value, rules);
  return left < 0 ? texts.tooLong(-left, rules.maxBytes) : undefined;
}
