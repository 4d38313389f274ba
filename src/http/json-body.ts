// From bytes to one JSON value, or an exact refusal. Runs after authentication: a stranger's body is not read.
import { parse as parseContentType } from 'content-type';
import express from 'express';
import type { Request, Response } from 'express';
import { Problem } from '#contract/problem.ts';
import { findJsonFault } from '../security/json-guard.ts';

/** The most that a JSON body may hold (IN-02: 16 KiB on sign-in routes, and no route needs more yet). */
export const JSON_BODY_BYTES = 16 * 1024;
const JSON_DEPTH = 32;

// `type: () => true`: what the body is was checked before; `inflate: false`: a compressed body is refused, not unpacked.
const readRaw = express.raw({ type: () => true, limit: JSON_BODY_BYTES, inflate: false });

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function assertJsonType(header: string | undefined): void {
  const { type, parameters } = parseContentType(header ?? '');
  const charset = parameters['charset']?.toLowerCase() ?? 'utf-8';
  if (type !== 'application/json' || charset !== 'utf-8')
    throw new Problem('unsupported-media-type', { detail: 'Send JSON: Content-Type: application/json, in UTF-8.' });
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
export async function readJsonBody(request: Request, response: Response): Promise<unknown> {
  assertJsonType(request.headers['content-type']);
  await new Promise<void>((resolve, reject) => {
    readRaw(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
  const body: unknown = request.body;
  if (!Buffer.isBuffer(body) || body.length === 0)
    throw new Problem('malformed-request', { detail: 'The body is empty; send a JSON object.' });
  return parse(decode(body));
}
