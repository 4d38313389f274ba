/** One human sentence, shown beside the field and in a refusal. */
export const USERNAME_RULE =
  'A user name has 3 to 32 letters (a-z), digits, dots, hyphens or underscores, and begins and ends with a letter or digit.';

// Fixed length, no nested repetition: linear over any input (IN-07).
const CANONICAL = /^[a-z0-9][a-z0-9._-]{1,30}[a-z0-9]$/;

// The longest input that can become 32 characters is far shorter; reordering long runs of combining marks is not free.
const LONGEST_INPUT = 256;

/**
 * The one form under which a user name is stored, compared and unique, or undefined where it is not valid.
 *
 * NFKC comes before the check, so "ＡＤＭＩＮ" and "ⓐdmin" are "admin" (and meet the unique index), while look-alikes that
 * Unicode keeps apart (Cyrillic "а") and anything invisible or bidirectional are not ASCII and are refused (PW-18).
 */
export function canonicalUsername(input: string): string | undefined {
  if (input.length > LONGEST_INPUT) return undefined;
  const canonical = input.trim().normalize('NFKC').toLowerCase();
  return CANONICAL.test(canonical) ? canonical : undefined;
}
