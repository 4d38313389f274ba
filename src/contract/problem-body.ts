// What a problem looks like on the wire (RFC 9457).
import * as z from 'zod/mini';
import type { ProblemExtensions } from './problem.ts';

type Members<E> = E extends unknown ? keyof E : never;

/** The members that single types of problem have beside those of all. */
const extensions = {
  'violated-policies': z.optional(z.readonly(z.array(z.string()))),
} satisfies Record<Members<ProblemExtensions[keyof ProblemExtensions]>, z.ZodMiniType>;

export const problemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.optional(z.string()),
    instance: z.string(),
    requestId: z.string(),
    errors: z.optional(z.array(z.object({ pointer: z.string(), detail: z.string() }))),
    ...extensions,
  })
  .register(z.globalRegistry, {
    id: 'Problem',
    description: 'RFC 9457. `errors` names each faulty field by its JSON pointer.',
  });

export type ProblemBody = z.output<typeof problemBody>;
