// The SPA served by Express, where no Nginx stands in front: a fresh nonce each time, never stored, never "304 Not Modified".
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Router } from 'express';
import type { RequestHandler } from 'express';
import { contextOf } from './context.ts';
import { NONCE } from './security-headers.ts';
import type { HeaderList } from './security-headers.ts';
import { readStaticFiles, sendStaticFile } from './static-files.ts';

/** Fills the nonce into a text that was split at its placeholder. */
function createPage(html: string, headers: HeaderList): RequestHandler {
  const pieces = html.split(NONCE);
  return (_request, response) => {
    const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
    for (const [name, value] of headers) response.setHeader(name, value.replaceAll(NONCE, nonce));
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.setHeader('Cache-Control', 'no-store');
    response.end(pieces.join(nonce));
  };
}

/** A name with a dot is a file, and a file that is not there is not there: it, and what is below it, never answers as a page. */
const looksLikeFile = (pathname: string): boolean => pathname.includes('.');

/**
 * @param folder the built SPA; where it does not exist (an API-only process), every page is `not-found`
 */
export function createPages(folder: string, headers: HeaderList): RequestHandler {
  const router = Router({ caseSensitive: true, strict: true });
  const index = path.join(folder, 'index.html');
  if (!existsSync(index)) return (_request, _response, next) => next();
  const page = createPage(readFileSync(index, 'utf8'), headers);
  const files = readStaticFiles(folder);
  router.use((request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    contextOf(response).route = 'page';
    if (request.path === '/index.html' || !looksLikeFile(request.path)) return page(request, response, next);
    const file = files.get(request.path);
    if (file === undefined) return next();
    return sendStaticFile(file, request, response);
  });
  return router;
}
