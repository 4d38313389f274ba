// From bytes to one JSON value, or an exact refusal. Runs after authentication: a stranger's body is not read.
import { parse as parseContentType } from 'content-type';
import type { Request } from 'express';
import { Problem } from '#contract/problem.ts';
import { findJsonFault } from '../security/json-guard.ts';

/** The most that a JSON body may hold (IN-02: 16 KiB on sign-in routes, and no route needs more yet). */
export const JSON_BODY_BYTES = 16 * 1024;
const JSON_DEPTH = 32;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function assertJsonType(header: string | undefined): void {
  const { type, parameters } = parseContentType(header ?? '');
  const charset = parameters['charset']?.toLowerCase() ?? 'utf-8';
  if (type !== 'application/json' || charset !== 'utf-8')
    throw new Problem('unsupported-media-type', { detail: 'Send JSON: Content-Type: application/json, in UTF-8.' });
}

function assertNotCompressed(encoding = 'identity'): void {
  if (encoding.toLowerCase() !== 'identity')
    throw new Problem('unsupported-media-type', { detail: 'Send the body as it is, without Content-Encoding.' });
}

const tooLarge = (): Problem =>
  new Problem('content-too-large', { detail: `A body can hold ${JSON_BODY_BYTES} bytes at most.` });

/** Refuses at the first byte too many, or before any; body-parser reads all of a refused body first, however slowly it comes. */
function readBytes(request: Request): Promise<Buffer> {
  if (Number(request.headers['content-length']) > JSON_BODY_BYTES) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= JSON_BODY_BYTES) chunks.push(chunk);
      else reject(tooLarge());
    };
    request.on('data', take);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', (cause) =>
      reject(new Problem('malformed-request', { reason: 'the body ended early', cause })),
    );
  });
}

function decode(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Problem('malformed-request', { detail: 'The body is not valid UTF-8.' });
  }
}

const faultDetails = {
  'duplicate-key': 'The body names a member twice.',
  'too-deep': `The body is nested deeper than ${JSON_DEPTH} levels.`,
  'forbidden-key': 'The body has a member with a name that is never used: __proto__, constructor or prototype.',
} as const;

function parse(text: string): unknown {
  const fault = findJsonFault(text, { depth: JSON_DEPTH });
  if (fault !== undefined) throw new Problem('malformed-request', { detail: faultDetails[fault] });
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('malformed-request', { detail: 'The body is not valid JSON.' });
  }
}

/** @throws Problem `unsupported-media-type`, `content-too-large`, `malformed-request` */
export async function readJsonBody(request: Request): Promise<unknown> {
  assertJsonType(request.headers['content-type']);
  assertNotCompressed(request.headers['content-encoding']);
  const bytes = await readBytes(request);
  if (bytes.length === 0) throw new Problem('malformed-request', { detail: 'The body is empty; send a JSON object.' });
  return parse(decode(bytes));
}
