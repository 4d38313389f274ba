import type { Texts } from './texts.ts';
import { createFormats } from './formats.ts';
import { languages as ours } from './languages.ts';
import type { Language } from './languages.ts';

/** From "de-AT" to "de-at" and "de" (lookup of RFC 4647 section 3.4). */
function* rangesOf(tag: string): Iterable<string> {
  const parts = tag.toLowerCase().split('-');
  for (; parts.length > 0; parts.pop()) yield parts.join('-');
}

/** @param wanted BCP 47, what is preferred first */
export function chooseLanguage(wanted: readonly string[], languages = ours): Language {
  for (const tag of wanted) {
    for (const range of rangesOf(tag)) {
      const language = languages.find(({ tag }) => tag.toLowerCase() === range);
      if (language !== undefined) return language;
    }
  }
  return languages[0];
}

export interface OpenTexts {
  language: Language;
  texts: Texts;
}

async function open(language: Language): Promise<OpenTexts> {
  const create = await language.load();
  return { language, texts: create(createFormats(language.locale)) };
}

/** Where a language cannot be loaded, the first one is better than no page. */
export async function openTexts(wanted: readonly string[], languages = ours): Promise<OpenTexts> {
  const language = chooseLanguage(wanted, languages);
  return await open(language).catch(() => open(languages[0]));
}
