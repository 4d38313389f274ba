// Checks what comes in and what goes out against the contract's shapes.
import { safeParse } from 'zod/v4/core';
import type { $ZodIssue, $ZodType, output } from 'zod/v4/core';
import english from 'zod/v4/locales/en.js';
import { Problem } from '#contract/problem.ts';
import type { FieldError } from '#contract/problem.ts';

const { localeError } = english();

type Part = 'body' | 'query' | 'params';

/** RFC 6901; a query parameter is `?name`, a path parameter `:name`. */
function pointer(part: Part, path: readonly PropertyKey[]): string {
  if (part === 'query') return `?${path.join('.')}`;
  if (part === 'params') return `:${path.join('.')}`;
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function fieldErrors(part: Part, issue: $ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: pointer(part, [...issue.path, key]),
      detail: 'This field is not known here.',
    }));
  const missing = (issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.input === undefined;
  return [{ pointer: pointer(part, issue.path), detail: missing ? 'This field is required.' : issue.message }];
}

/** @throws Problem `invalid-input` with every fault, each by its pointer */
export function assertInput<S extends $ZodType>(schema: S, part: Part, value: unknown): output<S> {
  const result = safeParse(schema, value, { error: localeError, reportInput: true });
  if (result.success) return result.data;
  throw new Problem('invalid-input', { errors: result.error.issues.flatMap((issue) => fieldErrors(part, issue)) });
}

/** Drops undeclared fields. An answer that does not fit its own contract is our fault, never the caller's. */
export function checkAnswer(schema: $ZodType, name: string, value: unknown): unknown {
  const result = safeParse(schema, value);
  if (result.success) return result.data;
  throw new Error(
    `${name} answered against its contract: ${result.error.issues.map((issue) => issue.path.join('.')).join(', ')}`,
  );
}
