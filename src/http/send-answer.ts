// Writes what a handler answered, checked against its endpoint.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { $ZodType } from 'zod/v4/core';
import type { Endpoint } from '#contract/endpoint.ts';
import type { BytesShape, OutgoingBytes } from '#contract/shapes.ts';
import { checkAnswer } from './validate.ts';

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export type SendAnswer = (response: Response, answer: Answer, cookies: readonly string[]) => Promise<void> | void;

/**
 * Checks an answer against its shape and writes it as JSON. A frozen answer that comes again (what a session may know of itself, the list of
 * roles) was checked and written before: that is a fifth of the whole cost of such a request.
 */
function createSerialise(name: string): (shape: $ZodType, body: unknown) => string {
  const written = new WeakMap<object, string>();
  return (shape, body) => {
    const mayComeAgain = typeof body === 'object' && body !== null && Object.isFrozen(body);
    const known = mayComeAgain ? written.get(body) : undefined;
    if (known !== undefined) return known;
    const text = JSON.stringify(checkAnswer(shape, name, body));
    if (mayComeAgain) written.set(body, text);
    return text;
  };
}

function writeText(response: Response, type: string, text: string): void {
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  response.end(text);
}

/** IN-15: a path of this site, or a whole https address (on one's own machine http too) that its rule has chosen. */
const TARGET = /^(?:\/(?![/\\])|https:\/\/|http:\/\/(?:[\w-]+\.)*localhost[:/])[!-~]*$/;

function redirect(response: Response, name: string, target: unknown): void {
  if (typeof target !== 'string' || !TARGET.test(target)) throw new Error(`${name} redirects to what is no address`);
  response.setHeader('Location', target);
  response.end();
}

/** Nothing is taken for script or page that somebody else has sent (FU-04); the handler may say more. */
async function writeBytes(
  response: Response,
  name: string,
  { types }: BytesShape,
  answer: OutgoingBytes,
): Promise<void> {
  const { contentType, bytes, length } = answer;
  if (!types.includes(contentType))
    throw new Error(`${name} answered ${contentType}, which its contract does not know`);
  response.setHeader('Content-Type', contentType);
  if (bytes instanceof Uint8Array) {
    response.setHeader('Content-Length', bytes.byteLength);
    response.end(bytes);
    return;
  }
  if (length !== undefined) response.setHeader('Content-Length', length);
  if (response.req.method === 'HEAD') {
    if (bytes instanceof Readable) bytes.destroy();
    response.end();
    return;
  }
  await pipeline(bytes, response).catch((error: NodeJS.ErrnoException) => {
    // A caller that left is no fault of ours; it has its line in the log.
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

export function createSendAnswer(endpoint: Endpoint): SendAnswer {
  const { name, answers } = endpoint;
  const serialise = createSerialise(name);

  return (response, { status, body, headers = {} }, cookies) => {
    const shape = answers[status];
    if (shape === undefined) throw new Error(`${name} answered ${status}, which its contract does not know`);
    const isJson = typeof shape === 'object' && !('kind' in shape);
    const text = isJson ? serialise(shape, body) : undefined; // before anything is set: it may throw
    response.statusCode = status;
    response.setHeader('Cache-Control', 'no-store');
    for (const [field, value] of Object.entries(headers)) {
      if (field.toLowerCase() === 'set-cookie') throw new Error(`${name} sets a cookie past the check of its origin`);
      response.setHeader(field, value);
    }
    if (cookies.length > 0) response.setHeader('Set-Cookie', cookies);
    if (text !== undefined) return writeText(response, 'application/json', text);
    if (shape === 'empty') return void response.end();
    if (shape === 'redirect') return redirect(response, name, body);
    if (typeof shape === 'string') return writeText(response, shape, body as string);
    return writeBytes(response, name, shape as BytesShape, body as OutgoingBytes);
  };
}
