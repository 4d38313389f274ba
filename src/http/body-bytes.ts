// The bytes of a body that is held whole, bounded, and the checks of what it says it is.
import { parse as parseContentType } from 'content-type';
import type { IncomingMessage } from 'node:http';
import { Problem } from '#contract/problem.ts';

/** The media type and its parameters, by name; empty where none was sent. */
export function contentTypeOf({ headers }: IncomingMessage): ReturnType<typeof parseContentType> {
  return parseContentType(headers['content-type'] ?? '');
}

/** @param wanted what to send instead, in words */
export function assertMediaType(request: IncomingMessage, mediaType: string, wanted: string): void {
  const { type, parameters } = contentTypeOf(request);
  const charset = parameters['charset']?.toLowerCase() ?? 'utf-8';
  if (type !== mediaType || charset !== 'utf-8')
    throw new Problem('unsupported-media-type', { detail: `Send ${wanted}: Content-Type: ${mediaType}, in UTF-8.` });
}

/** IN-02: a limit would be counted before decompression. */
export function assertNotCompressed({ headers }: IncomingMessage): void {
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    throw new Problem('unsupported-media-type', { detail: 'Send the body as it is, without Content-Encoding.' });
}

export const tooLarge = (what: string, maxBytes: number): Problem =>
  new Problem('content-too-large', { detail: `${what} can hold ${maxBytes} bytes at most.` });

export const endedEarly = (cause?: unknown): Problem =>
  new Problem('malformed-request', { reason: 'the body ended early', cause });

/** Refuses at the first byte too many, or before any; body-parser reads all of a refused body first, however slowly it comes. */
export function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const refusal = (): Problem => tooLarge('A body', maxBytes);
  if (Number(request.headers['content-length']) > maxBytes) throw refusal();
  if (request.destroyed) throw endedEarly(); // its sender left while somebody else was asked
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else reject(refusal());
    };
    request.on('data', take);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', (cause) => reject(endedEarly(cause)));
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Problem('malformed-request', { detail: 'The body is not valid UTF-8.' });
  }
}
