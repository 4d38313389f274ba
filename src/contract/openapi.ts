// All endpoints → one OpenAPI 3.1 document. Nothing here is written by hand that the values know.
import { createDocument } from 'zod-openapi';
import type { ZodOpenApiObject, ZodOpenApiOperationObject, ZodOpenApiResponseObject } from 'zod-openapi';
import * as z from 'zod/mini';
import type { Access, Endpoint } from './endpoint.ts';
import { pathTemplate } from './path.ts';
import { problemBody } from './problem-body.ts';
import { PROBLEM_TYPE_PREFIX, problems } from './problem.ts';
import type { ProblemName } from './problem.ts';
import { bodyOf } from './shapes.ts';
import type { AnswerShape, BodyShape, MultipartBody } from './shapes.ts';

/** What the gate itself can refuse, by what the endpoint takes. */
function commonProblems(endpoint: Endpoint): ProblemName[] {
  const names: ProblemName[] = ['malformed-request', 'invalid-input', 'internal', 'unavailable'];
  if (endpoint.quota !== 'none') names.push('quota-exceeded');
  if (endpoint.body !== undefined) names.push('unsupported-media-type', 'content-too-large');
  // With its own credential a request may carry a bearer token that is no good: that one counts as none.
  if (endpoint.access !== 'public' && endpoint.access !== 'credential') names.push('invalid-token');
  if (typeof endpoint.access === 'object') names.push('forbidden');
  return names;
}

function accessText(access: Access): string {
  if (typeof access === 'object') return `Needs the permission \`${access.permission}\`.`;
  if (access === 'session') return 'Needs a signed-in user.';
  if (access === 'configured') return 'Who may call is configured.';
  return access === 'public' ? 'Open to everyone.' : 'The request carries its own credential.';
}

/** OpenAPI 3.1: bytes have no schema of their own; the media type says what they are. */
const BINARY = { type: 'string', format: 'binary' } as const;

type MediaTypes = NonNullable<ZodOpenApiOperationObject['requestBody']>['content'];

/** Fields by their schema; of files the contract knows the names. */
function multipartSchema({ fields, files }: MultipartBody) {
  const file = z.string().register(z.globalRegistry, BINARY);
  const named = Object.fromEntries(files.map((name) => [name, z.optional(file)]));
  return z.intersection(fields as z.ZodMiniType, z.object(named));
}

function requestContent(shape: BodyShape): MediaTypes {
  const body = bodyOf(shape);
  if (body.kind === 'multipart') return { 'multipart/form-data': { schema: multipartSchema(body) } };
  const type = body.kind === 'form' ? 'application/x-www-form-urlencoded' : 'application/json';
  return { [type]: { schema: body.schema } };
}

type DescribedResponse = ZodOpenApiResponseObject & { description: string };

function answerResponse(shape: AnswerShape, summary: string): DescribedResponse {
  if (shape === 'empty') return { description: `${summary}: done, nothing to say.` };
  if (shape === 'redirect')
    return { description: summary, headers: { Location: { schema: { type: 'string' } } as never } };
  if (typeof shape === 'string') return { description: summary, content: { [shape]: { schema: { type: 'string' } } } };
  if ('kind' in shape)
    return { description: summary, content: Object.fromEntries(shape.types.map((type) => [type, { schema: BINARY }])) };
  return { description: summary, content: { 'application/json': { schema: shape } } };
}

function problemResponses(endpoint: Endpoint): Record<string, DescribedResponse> {
  const names = new Set([...endpoint.problems, ...commonProblems(endpoint)]);
  const byStatus = Map.groupBy(names, (name) => problems[name].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      String(status),
      {
        description: group.map((name) => `\`${PROBLEM_TYPE_PREFIX}${name}\` – ${problems[name].title}`).join('\n\n'),
        content: { 'application/problem+json': { schema: problemBody as never } },
      },
    ]),
  );
}

/** A status may be an answer and a problem: `/readyz` answers 503 with its own form. */
function responses(endpoint: Endpoint): Record<string, DescribedResponse> {
  const all = problemResponses(endpoint);
  for (const [status, shape] of Object.entries(endpoint.answers)) {
    const { description, content, ...more } = answerResponse(shape, endpoint.summary);
    const problem = all[status];
    all[status] = {
      ...more,
      description: problem === undefined ? description : `${description}\n\n${problem.description}`,
      ...((content ?? problem) && { content: { ...problem?.content, ...content } }),
    };
  }
  return all;
}

function operation(endpoint: Endpoint): ZodOpenApiOperationObject {
  const needsToken = endpoint.access === 'session' || typeof endpoint.access === 'object';
  return {
    operationId: endpoint.name,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: `${endpoint.description}\n\n${accessText(endpoint.access)}`,
    security: needsToken ? [{ bearer: [] }] : [],
    requestParams: {
      ...(endpoint.params !== undefined && { path: endpoint.params as never }),
      ...(endpoint.query !== undefined && { query: endpoint.query as never }),
    },
    ...(endpoint.body !== undefined && {
      requestBody: { required: true, content: requestContent(endpoint.body) },
    }),
    responses: responses(endpoint),
  };
}

/** @param server the public URL */
export function createOpenApi(
  endpoints: readonly Endpoint[],
  info: { version: string; server: string },
): Record<string, unknown> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const endpoint of endpoints) {
    const path = pathTemplate(endpoint.path);
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version: info.version,
      description:
        'Accounts, sign-in and access control. Every refusal is a problem (RFC 9457); every list of faults names its fields.',
    },
    servers: [{ url: info.server }],
    tags: [...new Set(endpoints.map((endpoint) => endpoint.tag))].map((name) => ({ name })),
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  };
  return createDocument(document, {
    // Answers may gain fields; a client that refuses unknown ones would break at each release.
    override: ({ jsonSchema, io }) => {
      if (io === 'output' && jsonSchema.type === 'object') delete jsonSchema.additionalProperties;
    },
  }) as unknown as Record<string, unknown>;
}
