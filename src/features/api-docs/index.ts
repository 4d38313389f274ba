// The API's own description, as a document and as a page to read.
import { createRequire } from 'node:module';
import path from 'node:path';
import express from 'express';
import type { RequestHandler } from 'express';
import { getApiReference, getOpenApi } from '#contract/api-docs.ts';
import type { Endpoint } from '#contract/endpoint.ts';
import { createOpenApi } from '#contract/openapi.ts';
import { answer, route } from '../../http/route.ts';
import type { Feature } from '../feature.ts';

const ASSETS = '/api/docs/assets';

/** Everything from this site; the reference's own scripts and styles need no inline code. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gatehouse API reference</title>
<link rel="stylesheet" href="${ASSETS}/swagger-ui.css">
<script src="${ASSETS}/swagger-ui-bundle.js" defer></script>
<script type="module" src="${ASSETS}/reference.js"></script>
</head>
<body><main id="reference"><p>Loading the reference. It needs JavaScript; the document itself is <a href="/api/openapi.json">here</a>.</p></main></body>
</html>
`;

interface Parts {
  endpoints: readonly Endpoint[];
  version: string;
  publicUrl: string;
  access: 'public' | 'signed-in' | 'off';
}

export interface ApiDocs extends Feature {
  /** The page holds nothing to protect: it asks for the document, which may need a signed-in user. */
  accessOf(endpoint: Endpoint): 'public' | 'session' | 'off';
  assets: { path: string; handle: RequestHandler }[];
}

function createAssets(): RequestHandler {
  const swagger = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const files: Record<string, string> = {
    '/swagger-ui.css': path.join(swagger, 'swagger-ui.css'),
    '/swagger-ui-bundle.js': path.join(swagger, 'swagger-ui-bundle.js'),
    '/reference.js': path.join(import.meta.dirname, 'reference.js'),
  };
  const router = express.Router({ caseSensitive: true, strict: true });
  for (const [name, file] of Object.entries(files)) {
    router.get(name, (_request, response) =>
      response.sendFile(file, { acceptRanges: false, headers: { 'Cache-Control': 'public, max-age=3600' } }),
    );
  }
  return router;
}

export function createApiDocs({ endpoints, version, publicUrl, access }: Parts): ApiDocs {
  let document: Record<string, unknown> | undefined;
  return {
    routes: [
      route(getOpenApi, async () => {
        document ??= createOpenApi(endpoints, { version, server: publicUrl });
        return answer(200, { openapi: '3.1.0', ...document });
      }),
      route(getApiReference, async () =>
        answer(200, PAGE, {
          'Content-Security-Policy': CONTENT_SECURITY_POLICY,
          'Cross-Origin-Opener-Policy': 'same-origin',
        }),
      ),
    ],
    accessOf: (endpoint) => {
      if (access === 'off') return 'off';
      return access === 'public' || endpoint === getApiReference ? 'public' : 'session';
    },
    assets: access === 'off' ? [] : [{ path: ASSETS, handle: createAssets() }],
  };
}
