// A refusal, sorted for a form: what stands beside a field, and what stands above all of them.
import { asRefusal } from '../api/refusal.ts';
import type { Refusal } from '../api/refusal.ts';

export interface Faults {
  fields: Record<string, string>;
  refusal: Refusal | undefined;
}

const nameOf = (pointer: string): string => pointer.replace(/^\//, '').replaceAll('~1', '/').replaceAll('~0', '~');

/**
 * @param names the fields that the form has; a fault at any other place stays in `refusal`, so that none is lost
 */
export function faultsOf(error: unknown, names: readonly string[]): Faults {
  const refusal = asRefusal(error);
  const told = refusal.errors.map(({ pointer, detail }) => [nameOf(pointer), detail] as const);
  const fields: Record<string, string> = {};
  for (const [name, text] of told)
    if (names.includes(name)) fields[name] = name in fields ? `${fields[name]} ${text}` : text;
  const isAllBeside = told.length > 0 && told.every(([name]) => names.includes(name));
  return { fields, refusal: isAllBeside ? undefined : refusal };
}
