// Whether the process lives and can serve.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';
import { remedy } from './proxy.ts';

const verbose = z.strictObject({ verbose: z.optional(z.enum(['', '1', 'true'])) });

const part = z.object({
  name: z.string(),
  status: z.enum(['ok', 'degraded', 'failed']),
  detail: z.optional(z.string()),
  remedies: z.optional(z.array(remedy)),
});

const health = z
  .object({ status: z.enum(['ok', 'failed']), version: z.optional(z.string()), parts: z.optional(z.array(part)) })
  .register(z.globalRegistry, { id: 'Health' });

export type Health = z.output<typeof health>;
export type HealthPart = z.output<typeof part>;

export const getLiveness = defineEndpoint({
  name: 'getLiveness',
  method: 'GET',
  path: '/livez',
  tag: 'Health',
  summary: 'Does the process live',
  description: 'Depends on nothing else. `?verbose` adds the version, for callers on the same machine.',
  access: 'public',
  quota: 'none',
  query: verbose,
  answers: { 200: health },
  problems: [],
});

export const getReadiness = defineEndpoint({
  name: 'getReadiness',
  method: 'GET',
  path: '/readyz',
  tag: 'Health',
  summary: 'Can it serve requests',
  description:
    'Ready means: the database answers, every migration this release knows is applied, and the process is not stopping. `?verbose` adds the parts, for callers on the same machine. Asked of the database once a second at most.',
  access: 'public',
  quota: 'pages',
  query: verbose,
  answers: { 200: health, 503: health },
  problems: [],
});

export const healthEndpoints = [getLiveness, getReadiness] as const;
