// From bytes to one JSON value, or an exact refusal.
import type { IncomingMessage } from 'node:http';
import { Problem } from '#contract/problem.ts';
import { findJsonFault } from '../security/json-guard.ts';
import { assertMediaType, assertNotCompressed, decodeUtf8, readBytes } from './body-bytes.ts';

const JSON_DEPTH = 32;

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
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  assertMediaType(request, 'application/json', 'JSON');
  assertNotCompressed(request);
  const bytes = await readBytes(request, maxBytes);
  if (bytes.length === 0) throw new Problem('malformed-request', { detail: 'The body is empty; send a JSON object.' });
  return parse(decodeUtf8(bytes));
}
