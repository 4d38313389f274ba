// The languages that the pages speak. A new one is a folder beside `english/` and a line here; no page changes.
import { english } from './english/index.ts';
import type { Texts } from './texts.ts';
import type { Formats } from './formats.ts';

export interface Language {
  /** BCP 47: for `<html lang>`, and what a reader's preference is compared with. */
  readonly tag: string;
  /** Whose dates, numbers and plurals it uses. */
  readonly locale: string;
  readonly direction: 'ltr' | 'rtl';
  /** By a dynamic import for all but the first, so that nobody loads a language that they do not read. */
  readonly load: () => Promise<(formats: Formats) => Texts>;
}

/** The first one is for whoever reads none of them. */
export const languages: readonly [Language, ...Language[]] = [
  { tag: 'en', locale: 'en-GB', direction: 'ltr', load: async () => english },
];
