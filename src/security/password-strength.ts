import type { FeedbackType, Score } from '@zxcvbn-ts/core';
import { createCommonPasswords } from './common-passwords.ts';
import { PASSWORD_MAX_BYTES, normalisePassword } from './password-limits.ts';
import { contextWords, foldCase, holdsWord, isRepeat, isRun } from './password-patterns.ts';

export type Assessment = {
  /** 0 (guessed at once) to 4 (out of reach); 0 or 1 where it is refused. */
  score: Score;
  /** One sentence saying why it must be refused; absent where it may be taken. */
  refusal?: string;
  /** Sentences that help to make a better one. */
  suggestions: string[];
};

export type PasswordStrength = {
  /**
   * Judges a password that is within the limits of length, which are the caller's. `context` is what an attacker knows
   * of its owner: user name, e-mail address, display name; the product's name is always among it.
   */
  assess(password: string, context: readonly string[]): Promise<Assessment>;
  /** Loads the dictionaries (about 30 MB) before the first password comes: the event loop stands still meanwhile. */
  warmUp(): Promise<void>;
};

type Dictionaries = {
  estimate: (password: string, context: string[]) => { score: Score; feedback: FeedbackType };
  isCommon: (password: string) => boolean;
};

const PRODUCT = 'gatehouse';
const LOWEST_SCORE = 2; // below it, a million guesses are enough
const MOST_CONTEXT = 10;
const MOST_WORDS = 20_000;
const ADVICE = 'Use four or more words that do not belong together, or let a password manager make one.';

/** The same for every application in this process, and never changed: loading takes a quarter of a second and 30 MB. */
let loading: Promise<Dictionaries> | undefined;

function load(): Promise<Dictionaries> {
  loading ??= loadDictionaries().catch((error: unknown) => {
    loading = undefined; // the next password tries again
    throw error;
  });
  return loading;
}

export function createPasswordStrength(): PasswordStrength {
  return {
    async assess(password, context) {
      return assessPassword(password, context, await load());
    },
    async warmUp() {
      await load();
    },
  };
}

function assessPassword(password: string, context: readonly string[], known: Dictionaries): Assessment {
  const text = normalisePassword(password).slice(0, PASSWORD_MAX_BYTES); // the work is bounded whatever the caller forgot
  const words = contextWords([PRODUCT, ...context.slice(0, MOST_CONTEXT)]);
  const reason = reasonToRefuse(text, words, known.isCommon);
  if (reason !== undefined) return { score: 0, refusal: reason, suggestions: [ADVICE] };
  const { score, feedback } = known.estimate(text, words);
  const suggestions = [...new Set(feedback.suggestions)];
  if (score >= LOWEST_SCORE) return { score, suggestions };
  const refusal = feedback.warning || 'This password is too easy to guess.';
  return { score, refusal, suggestions: [ADVICE, ...suggestions] };
}

function reasonToRefuse(text: string, words: readonly string[], isCommon: (password: string) => boolean) {
  const folded = foldCase(text);
  if (holdsWord(folded, words)) {
    return 'This password contains your name, your e-mail address or the name of this product.';
  }
  if (isRepeat(folded)) return 'This password repeats the same characters or the same word.';
  if (isRun(folded)) return 'This password follows the keys of a keyboard or counts up or down.';
  if (isCommon(text))
    return 'This password is one of the common ones that attackers try first, or is made of a few of them.';
  return undefined;
}

/** A dynamic import, so that a start without passwords does not pay for 840 kB of compressed words. */
async function loadDictionaries(): Promise<Dictionaries> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  const zxcvbn = new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: english.translations,
    // One check holds the event loop: 73 ms for 72 symbols at ten substitutions, 33 ms at two, seconds with Levenshtein
    // distance. Words in leet are found by isCommon already.
    l33tMaxSubstitutions: 2,
    maxLength: PASSWORD_MAX_BYTES,
  });
  // Only those that are in the order of how common their words are; first names and diceware stand in that of the alphabet.
  const ranked = [
    common.dictionary['passwords-common'],
    english.dictionary['commonWords-en'].slice(0, MOST_WORDS),
    english.dictionary['lastnames-en'].slice(0, MOST_WORDS),
    english.dictionary['wikipedia-en'].slice(0, MOST_WORDS),
  ];
  return {
    estimate: (password, context) => zxcvbn.check(password, context),
    isCommon: createCommonPasswords(ranked.map((words) => words.map(String))),
  };
}
