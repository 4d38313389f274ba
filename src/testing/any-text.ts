import fc from 'fast-check';

const isCodePoint = (text: unknown): text is string => typeof text === 'string' && [...text].length === 1;

function codePointOf(text: unknown): number {
  if (!isCodePoint(text)) throw new Error('no single code point');
  return text.codePointAt(0) ?? 0;
}

const codePoints = (min: number, max: number) => ({
  weight: max - min + 1,
  arbitrary: fc.integer({ min, max }).map((code) => String.fromCodePoint(code), codePointOf),
});

/** Any code point but half a surrogate pair: fast-check's own unit "binary", which takes half a second to make its tables. */
export const anyCodePoint = fc.oneof(codePoints(0, 0xd7ff), codePoints(0xe000, 0x10ffff));

/** As `fc.string`, of any code points. */
export const anyText = (options: { maxLength?: number } = {}) => fc.string({ ...options, unit: anyCodePoint });
