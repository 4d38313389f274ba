// Built files, read once at the start. From memory, because a stream from the disk that fails (a new build, no more file handles)
// ends the process, and because a folder's listing decides what exists: no path of a request ever reaches the file system.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Request, Response } from 'express';

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

export interface StaticFile {
  readonly body: Buffer;
  /** What the build has compressed. */
  readonly gzip: Buffer | undefined;
  readonly contentType: string;
  readonly etag: string;
  /** Its name holds its hash: it never changes. */
  readonly immutable: boolean;
}

/** Not to be served: hidden files (`.vite/manifest.json`), source maps, and what is only another form of a file. */
const isHidden = (name: string): boolean => /(?:^|\/)\.|\.(?:map|gz)$/.test(name);

/** By their path, such as `/assets/index-7zWLFbBi.js`. */
export function readStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = new Set(entries.map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name))));
  const files = new Map<string, StaticFile>();
  for (const name of names) {
    const url = `/${name.split(path.sep).join('/')}`;
    if (isHidden(url.slice(1))) continue;
    const body = readFileSync(path.join(folder, name));
    files.set(url, {
      body,
      gzip: names.has(`${name}.gz`) ? readFileSync(path.join(folder, `${name}.gz`)) : undefined,
      contentType: contentTypes[path.extname(name)] ?? 'application/octet-stream',
      etag: createHash('sha256').update(body).digest('base64url').slice(0, 22),
      immutable: url.startsWith('/assets/'),
    });
  }
  return files;
}

/** The whole file: `Range` may be ignored (RFC 9110 section 14.2), and none of these is worth resuming. */
export function sendStaticFile(file: StaticFile, request: Request, response: Response): void {
  const compressed = file.gzip !== undefined && request.acceptsEncodings('gzip', 'identity') === 'gzip';
  const body = compressed && file.gzip !== undefined ? file.gzip : file.body;
  response.setHeader('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  response.setHeader('ETag', `"${file.etag}${compressed ? '-gz' : ''}"`);
  if (file.gzip !== undefined) response.vary('Accept-Encoding');
  if (request.fresh) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader('Content-Type', file.contentType);
  if (compressed) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', body.length);
  response.end(body);
}
