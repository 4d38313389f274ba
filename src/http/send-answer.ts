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
  if (typeof target !== 'string' || !TARGET.test(target))
    throw new Error(`${name} redirects to something that is not an address`);
  response.setHeader('Location', target);
  response.end();
}

type Source = AsyncIterable<Uint8Array>;

/** What nobody will read is closed: a file, or a connection of its own. */
async function close(source: Source | Uint8Array): Promise<void> {
  if (source instanceof Readable) source.destroy();
  else if (!(source instanceof Uint8Array)) await source[Symbol.asyncIterator]().return?.();
}

/** The first piece, before anything is said of it: a source that cannot even begin is a problem, and no half answer. */
async function begin(source: Source): Promise<{ first: IteratorResult<Uint8Array>; rest: AsyncIterator<Uint8Array> }> {
  const rest = source[Symbol.asyncIterator]();
  return { first: await rest.next(), rest };
}

/**
 * All pieces, and as many bytes as were announced. What is more would stand on the connection as the next answer (response splitting);
 * what is less would leave the client waiting: either ends the connection.
 */
async function* pieces(
  { first, rest }: Awaited<ReturnType<typeof begin>>,
  length: number | undefined,
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      sent += next.value.byteLength;
      if (length !== undefined && sent > length) break;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
  if (length !== undefined && sent !== length)
    throw new Error(`${sent} bytes came of the ${length} that were announced`);
}

/** A caller that left is no fault of ours; it has its line in the log. */
const isDeparture = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

async function writeStream(response: Response, contentType: string, source: Source, length: number | undefined) {
  const begun = await begin(source);
  if (response.destroyed) return void (await begun.rest.return?.());
  response.setHeader('Content-Type', contentType);
  if (length !== undefined) response.setHeader('Content-Length', length);
  await pipeline(pieces(begun, length), response).catch((error: unknown) => {
    if (!isDeparture(error)) throw error;
  });
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
  const isHead = response.req.method === 'HEAD';
  if (!(bytes instanceof Uint8Array) && !isHead) return await writeStream(response, contentType, bytes, length);
  const size = bytes instanceof Uint8Array ? bytes.byteLength : length;
  response.setHeader('Content-Type', contentType);
  if (size !== undefined) response.setHeader('Content-Length', size);
  response.end(isHead ? undefined : bytes);
}

/** Whatever comes of it, nothing that the answer brought stays open. */
async function writeAndClose(...args: Parameters<typeof writeBytes>): Promise<void> {
  try {
    await writeBytes(...args);
  } finally {
    await close(args[3].bytes);
  }
}

const isOutgoing = (body: unknown): body is OutgoingBytes =>
  typeof body === 'object' && body !== null && 'bytes' in body && 'contentType' in body;

export function createSendAnswer(endpoint: Endpoint): SendAnswer {
  const { name, answers } = endpoint;
  const serialise = createSerialise(name);

  const send: SendAnswer = (response, { status, body, headers = {} }, cookies) => {
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
    return writeAndClose(response, name, shape as BytesShape, body as OutgoingBytes);
  };

  return (response, answer, cookies) => {
    try {
      return send(response, answer, cookies);
    } catch (error) {
      if (isOutgoing(answer.body)) void close(answer.body.bytes);
      throw error;
    }
  };
}
