// What the pages say, from where they take it: a sentence is written down once, in web/texts.
import type { Sentence, Wrap } from '../web/texts/sentence.ts';

export { texts } from '../web/testing/english.ts';

/** The words of the link in a sentence. */
export function linkIn(say: (link: Wrap<{ words: string }>) => Sentence<{ words: string }>): string {
  const link = say((words) => ({ words })).find((piece) => typeof piece === 'object');
  if (link === undefined) throw new Error('the sentence has no link');
  return link.words;
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Finds the text whatever the number in it is. */
export function withAnyNumber(say: (count: number) => string): RegExp {
  const forms = [1, 2].map((count) => escaped(say(count)).replace(String(count), String.raw`\d+`));
  return new RegExp(forms.join('|'));
}

/** The words of a sentence before its first piece that is no plain text. */
export function beginningOf(say: (...pieces: object[]) => Sentence<object>): string {
  const [first] = say({}, {});
  return typeof first === 'string' ? first.trim() : '';
}
