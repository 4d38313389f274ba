/** bcrypt reads 72 bytes and drops the rest without a word (PW-04), so anything longer is refused, never cut. */
export const PASSWORD_MAX_BYTES = 72;

/** No configuration may ask for fewer characters than this (PW-01). */
export const PASSWORD_MIN_FLOOR = 8;

const encoder = new TextEncoder();

// NFC sorts a run of combining marks in quadratic time: 100 KB of them held the event loop for 0.75 s (IN-07). It never
// makes a text shorter than a quarter, so anything longer than this is over 72 bytes in either form and is left alone.
const LONGEST_NORMALISED = 4 * PASSWORD_MAX_BYTES;

/** The one documented form (PW-06): NFC, so that é typed on two keyboards is one password. No trim, no case change. */
export function normalisePassword(input: string): string {
  return input.length > LONGEST_NORMALISED ? input : input.normalize('NFC');
}

/** Size in UTF-8 bytes of the normalised form: what counts against `PASSWORD_MAX_BYTES`. */
export function passwordBytes(input: string): number {
  return encoder.encode(normalisePassword(input)).byteLength;
}

/** Length in Unicode code points of the normalised form: what counts against the minimum (NIST SP 800-63B-4 3.1.1.2). */
export function passwordLength(input: string): number {
  return [...normalisePassword(input)].length;
}

/**
 * Whether every character of it can count. Lone surrogates all become the same three bytes in UTF-8, so that different
 * passwords would compare equal; NUL ends the text for other bcrypt implementations.
 */
export function isUsablePassword(input: string): boolean {
  return input.isWellFormed() && !input.includes('\u0000');
}
