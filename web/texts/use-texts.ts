import { createContext, useContext } from 'react';
import type { Texts } from './texts.ts';

const TextsContext = createContext<Texts | undefined>(undefined);

/** Around all pages. Another value shows them in another language. */
export const TextsProvider = TextsContext.Provider;

/** The texts of the language that the pages are shown in. */
export function useTexts(): Texts {
  const texts = useContext(TextsContext);
  if (texts === undefined) throw new Error('no TextsProvider is around this page');
  return texts;
}
