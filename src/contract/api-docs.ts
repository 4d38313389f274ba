// The API's own description.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';

export const getOpenApi = defineEndpoint({
  name: 'getOpenApi',
  method: 'GET',
  path: '/api/openapi.json',
  tag: 'Reference',
  summary: 'This API as OpenAPI 3.1',
  description: 'Made from the same values as the routes. Who may read it is configured by `API_DOCS`.',
  access: 'configured',
  quota: 'general',
  answers: { 200: z.looseObject({ openapi: z.string() }) },
  problems: ['invalid-token', 'not-found'],
});

export const getApiReference = defineEndpoint({
  name: 'getApiReference',
  method: 'GET',
  path: '/api/docs',
  tag: 'Reference',
  summary: 'This API as a page',
  description: 'A readable reference made from the OpenAPI document. Who may read it is configured by `API_DOCS`.',
  access: 'configured',
  quota: 'pages',
  answers: { 200: 'text/html' },
  problems: ['invalid-token', 'not-found'],
});

export const apiDocsEndpoints = [getOpenApi, getApiReference] as const;
