// What differs between languages and is no text: plurals, numbers, dates, lists. All of it is the platform's own `Intl`.

/** The forms that a language has for a count (`one`, `few`, …); `#` stands for the number. */
export type PluralForms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

export interface Formats {
  /** The form for this number, with the number in it. */
  count(value: number, forms: PluralForms): string;
  number(value: number): string;
  /** A day, as in "7 March 2026". @param at milliseconds since 1970 */
  day(at: number): string;
  /** An instant to the second, with its weekday and time zone. @param at milliseconds since 1970 */
  exactTime(at: number): string;
  /** "in 5 minutes", "yesterday". */
  away(amount: number, unit: 'minute' | 'hour' | 'day'): string;
  /** "create, read, delete" */
  list(items: readonly string[]): string;
}

export function createFormats(locale: string): Formats {
  const plurals = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  const days = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' });
  const exactTimes = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });
  const distances = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const lists = new Intl.ListFormat(locale, { style: 'short', type: 'unit' });
  return {
    count: (value, forms) => (forms[plurals.select(value)] ?? forms.other).replaceAll('#', numbers.format(value)),
    number: (value) => numbers.format(value),
    day: (at) => days.format(at),
    exactTime: (at) => exactTimes.format(at),
    away: (amount, unit) => distances.format(amount, unit),
    list: (items) => lists.format(items),
  };
}
