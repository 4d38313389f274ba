// In place of texts/languages.ts in a build for tests: one more language from left to right, and one from right to left.
import { english } from '../texts/english/index.ts';
import type { Language } from '../texts/languages.ts';

const loadAccented: Language['load'] = async () => (await import('./accented.ts')).accented;

export const languages: readonly [Language, ...Language[]] = [
  { tag: 'en', locale: 'en-GB', direction: 'ltr', load: async () => english },
  { tag: 'en-XA', locale: 'en-XA', direction: 'ltr', load: loadAccented },
  { tag: 'ar-XB', locale: 'ar-XB', direction: 'rtl', load: loadAccented },
];
