// What a section of the configuration is: its variables, its slice of `Config`, its checks, and its words for the README.
import { z } from 'zod';

/** Collects faults instead of throwing at the first. */
export type Report = (fault: string) => void;

/** What other sections depend on. Read first. */
export interface Basis {
  /** A loopback host of PUBLIC_URL is local mode, https is production. */
  readonly mode: 'local' | 'production';
  readonly dataDir: string;
}

/** What a probe may need of other sections. */
export interface Probed {
  readonly passwordMinLength: number;
}

/** A secret also comes from a file: `NAME_FILE` instead of `NAME`. */
export interface VariableNotes {
  description: string;
  /** The default in words, where it depends on something. */
  default?: string;
  secret?: true;
}

export interface Section<Shape extends z.core.$ZodShape = z.core.$ZodShape, Slice extends object = object> {
  /** Keys are the variables' names; each has its form, its default and its notes. */
  readonly variables: Shape;
  /** From the values, each in its form, to the slice. What does not fit together is reported. */
  read(values: z.core.output<z.ZodObject<Shape>>, report: Report, basis: Basis): Slice;
  /**
   * What only this machine can tell, tried as a start will try it; commands that need none of it are not kept from their work by it. No
   * message leaves the machine, and nothing is written.
   */
  probe?(config: Slice & Basis & Probed, report: Report): Promise<void> | void;
}

/** Keeps the types of the variables and of the slice. */
export const defineSection = <const Shape extends z.core.$ZodShape, Slice extends object>(
  section: Section<Shape, Slice>,
): Section<Shape, Slice> => section;

const notes = z.registry<VariableNotes>();

/** A variable's form with the words that the README says of it. */
export function variable<S extends z.ZodType>(form: S, text: VariableNotes): S {
  notes.add(form, text);
  return form;
}

export function notesOf(name: string, form: z.core.$ZodType): VariableNotes & { default: string } {
  const text = notes.get(form as z.ZodType);
  if (text === undefined) throw new Error(`${name} has no description`);
  const fallback = form instanceof z.ZodPrefault ? `\`${String(form.def.defaultValue)}\`` : 'none';
  return { ...text, default: text.default ?? fallback };
}

export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);
}

/** Separated by commas, white space or line ends: none of the entries can hold one. */
export function list() {
  return z.string().transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''));
}
