/** Bodies that the contract takes, made from its schemas: a test that walks all endpoints needs no list of its own. */
import * as z from 'zod/mini';
import type { Endpoint } from '#contract/endpoint.ts';
import { bodyOf } from '#contract/shapes.ts';

interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  enum?: unknown[];
  examples?: unknown[];
}

type Known = Readonly<Record<string, unknown>>;

function sampleOf(schema: JsonSchema, known: Known): unknown {
  if (schema.properties !== undefined)
    return Object.fromEntries(
      Object.entries(schema.properties)
        .filter(([name]) => schema.required?.includes(name) === true)
        .map(([name, property]) => [name, name in known ? known[name] : sampleOf(property, known)]),
    );
  if (schema.enum !== undefined) return schema.enum[0];
  return (
    schema.examples?.[0] ?? { string: 'sample', integer: 1, number: 1, boolean: true, array: [] }[schema.type ?? '']
  );
}

const schemas = new WeakMap<Endpoint, JsonSchema>();

function schemaOf(endpoint: Endpoint): JsonSchema | undefined {
  if (endpoint.body === undefined) return undefined;
  const known = schemas.get(endpoint);
  if (known !== undefined) return known;
  const shape = bodyOf(endpoint.body);
  if (shape.kind !== 'json') return undefined;
  const schema = z.toJSONSchema(shape.schema as z.ZodMiniType, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  schemas.set(endpoint, schema);
  return schema;
}

/**
 * What the endpoint requires, and nothing more; undefined for one without a JSON body.
 * @param known values by the name of their field, in whatever endpoint
 */
export function sampleBody(endpoint: Endpoint, known: Known): Record<string, unknown> | undefined {
  const schema = schemaOf(endpoint);
  return schema === undefined ? undefined : (sampleOf(schema, known) as Record<string, unknown>);
}
