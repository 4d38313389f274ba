import { expect, it } from 'vitest';
import type { Endpoint } from './endpoint.ts';
import { endpoints } from './index.ts';
import { createOpenApi } from './openapi.ts';
import { problems } from './problem.ts';

type Json = Record<string, unknown>;

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: Json[];
  parameters?: { name: string; in: string; required?: boolean; schema: Json }[];
  requestBody?: { required: boolean; content: Record<string, { schema: Json }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
}

const all: readonly Endpoint[] = endpoints;
const document = createOpenApi(all, { version: '1.2.3', server: 'https://gate.example.org' }) as {
  openapi: string;
  info: Json;
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Record<string, Json> };
};

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

const operationOf = ({ path, method }: Endpoint): Operation | undefined =>
  document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];

/** Every object in the document, with where it stands. */
function* walk(value: unknown, at = '#'): Generator<{ at: string; value: Json }> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield { at, value: value as Json };
  for (const [key, child] of Object.entries(value))
    yield* walk(child, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

it('is OpenAPI 3.1 with what the specification requires', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  expect(document.info).toMatchObject({ title: 'Gatehouse', version: '1.2.3' });
  expect(document.servers).toEqual([{ url: 'https://gate.example.org' }]);
  for (const path of Object.keys(document.paths)) expect(path).toMatch(/^\/[\w./{}-]*$/);
  for (const { method, operation } of operations) {
    expect(['get', 'post', 'put', 'patch', 'delete']).toContain(method);
    expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
    for (const [status, response] of Object.entries(operation.responses)) {
      expect(status).toMatch(/^[1-5]\d\d$/);
      expect(response.description).not.toBe('');
    }
  }
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});

it('AZ-01 has each endpoint of the contract, and none beside them', () => {
  const found = operations.map(({ path, method }) => `${method} ${path}`);
  expect(found.toSorted()).toEqual(
    all.map(({ path, method }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`).toSorted(),
  );
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(all.length);
});

it.each(all)('says of $name what it is, for whom, and in one sentence or more', (endpoint) => {
  const operation = operationOf(endpoint);
  expect(operation).toMatchObject({ operationId: endpoint.name, tags: [endpoint.tag], summary: endpoint.summary });
  expect(endpoint.name).toMatch(/^[a-z][A-Za-z]+$/);
  expect(endpoint.summary).toMatch(/^[A-Z].+[^.]$/);
  expect(operation?.description.startsWith(endpoint.description)).toBe(true);
  expect(endpoint.description).toMatch(/\.$/);
  expect(document.tags.map(({ name }) => name)).toContain(endpoint.tag);
  const needsToken = endpoint.access === 'session' || typeof endpoint.access === 'object';
  expect(operation?.security).toEqual(needsToken ? [{ bearer: [] }] : []);
  if (typeof endpoint.access === 'object')
    expect(operation?.description).toContain(`\`${endpoint.access.permission}\``);
});

it.each(all)('declares each answer and each problem of $name, with its form', (endpoint) => {
  const responses = operationOf(endpoint)?.responses ?? {};
  for (const [status, shape] of Object.entries(endpoint.answers)) {
    const content = responses[status]?.content ?? {};
    if (shape === 'empty') expect(content).toEqual({});
    else expect(Object.keys(content)).toContain(typeof shape === 'string' ? shape : 'application/json');
  }
  const expected = new Set([
    ...endpoint.problems,
    'malformed-request',
    'invalid-input',
    'internal',
    'unavailable',
  ] as const);
  if (endpoint.access !== 'public' && endpoint.access !== 'credential') expected.add('invalid-token');
  if (typeof endpoint.access === 'object') expected.add('forbidden');
  for (const name of expected) {
    const response = responses[String(problems[name].status)];
    expect(response?.content, name).toHaveProperty(['application/problem+json']);
    expect(response?.description, name).toContain(`urn:gatehouse:problem:${name}`);
  }
});

it('describes each body that is taken, and that nothing else is', () => {
  for (const endpoint of all) {
    const body = operationOf(endpoint)?.requestBody;
    if (endpoint.body === undefined) expect(body).toBeUndefined();
    else {
      expect(body).toMatchObject({ required: true });
      expect(Object.keys(body?.content ?? {})).toEqual(['application/json']);
      // Unknown fields are refused, and the document says so.
      expect(body?.content['application/json']?.schema).toMatchObject({ type: 'object', additionalProperties: false });
    }
  }
});

it('every reference leads somewhere, and every component is used', () => {
  const references = [...walk(document)].flatMap(({ value }) =>
    typeof value['$ref'] === 'string' ? [value['$ref']] : [],
  );
  expect(references.length).toBeGreaterThan(10);
  const places = new Set([...walk(document)].map(({ at }) => at));
  for (const reference of references) expect(places, reference).toContain(reference);
  for (const name of Object.keys(document.components.schemas))
    expect(references, name).toContain(`#/components/schemas/${name}`);
});

it('AZ-05 SE-13 shows no form for a hash, a salt or a private key, and lets answers gain fields', () => {
  const names = [...walk(document.components.schemas)].flatMap(({ value }) =>
    Object.keys((value['properties'] ?? {}) as Json),
  );
  expect(names).toContain('username');
  expect(names.filter((name) => /hash|salt|private|counter|canonical/i.test(name))).toEqual([]);
  for (const name of ['User', 'Session', 'SessionAnswer', 'Problem'])
    expect(document.components.schemas[name]).not.toHaveProperty('additionalProperties');
});

it('tells a problem in full (RFC 9457)', () => {
  expect(document.components.schemas['Problem']).toMatchObject({
    type: 'object',
    required: ['type', 'title', 'status', 'instance', 'requestId'],
    properties: { detail: { type: 'string' }, errors: { type: 'array' } },
  });
});
