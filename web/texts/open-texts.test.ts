import { describe, expect, it } from 'vitest';
import { accented } from '../testing/accented.ts';
import { english } from './english/index.ts';
import type { Language } from './languages.ts';
import { chooseLanguage, openTexts } from './open-texts.ts';

const language = (tag: string, load: Language['load'] = async () => accented): Language => ({
  tag,
  locale: tag,
  direction: 'ltr',
  load,
});

const languages = [language('en', async () => english), language('de'), language('pt-BR')] as const;

describe('the language of the pages', () => {
  it.each([
    [['de'], 'de'],
    [['de-AT', 'en'], 'de'],
    [['DE-ch'], 'de'],
    [['fr', 'de-DE', 'en'], 'de'],
    [['pt-BR', 'en'], 'pt-BR'],
    [['pt', 'de'], 'de'],
    [['deu'], 'en'],
    [['fr-CA', 'fr'], 'en'],
    [[''], 'en'],
    [[], 'en'],
  ])('for a reader of %j is %s', (wanted, tag) => {
    expect(chooseLanguage(wanted, languages).tag).toBe(tag);
  });

  it('is loaded alone, with its own dates, numbers and plurals', async () => {
    const loaded: string[] = [];
    const counted = languages.map(({ tag, load }) =>
      language(tag, async () => {
        loaded.push(tag);
        return await load();
      }),
    ) as [Language, ...Language[]];
    const { language: opened, texts } = await openTexts(['de-DE'], counted);
    expect(opened.tag).toBe('de');
    expect(loaded).toEqual(['de']);
    expect(texts.signIn.title).not.toMatch(/[a-z]/i);
    const march = Date.parse('2026-03-07T12:00:00.000Z');
    expect(texts.times.relative(march, march + 100 * 86_400_000)).toMatch(/^7\. ɱ.+ 2026$/i);
  });

  it('is the first one where another cannot be loaded', async () => {
    const broken = [languages[0], language('de', () => Promise.reject(new TypeError('Failed to fetch')))] as const;
    const { language: opened, texts } = await openTexts(['de'], broken);
    expect(opened.tag).toBe('en');
    expect(texts.signIn.title).toBe('Sign in');
  });
});
