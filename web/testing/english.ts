// For tests that look for what a page says: they take the sentence from where the page takes it.
import { english } from '../texts/english/index.ts';
import { createFormats } from '../texts/formats.ts';
import type { Texts } from '../texts/texts.ts';

export const texts: Texts = english(createFormats('en-GB'));
