// multipart/form-data as a stream: the fields first, then the files, each read as it arrives. Nothing of a file is held here.
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import { Problem } from '#contract/problem.ts';
import type { IncomingFile, IncomingMultipart, MultipartBody } from '#contract/shapes.ts';
import { assertNotCompressed, contentTypeOf, endedEarly, tooLarge } from './body-bytes.ts';

const MOST_FIELDS = 50;
const FIELD_BYTES = 16 * 1024;
const FIELD_NAME_BYTES = 100;
const HEADER_PAIRS = 20;

interface FieldArrival {
  kind: 'field';
  name: string;
  value: string;
}

interface FileArrival {
  kind: 'file';
  name: string;
  filename: string;
  contentType: string;
  stream: Readable & { truncated?: boolean };
}

type Arrival = FieldArrival | FileArrival | { kind: 'end' };

/** What the parser has found, in order, for one reader that waits for it. After a failure that is all there is. */
function createArrivals() {
  const queue: Arrival[] = [];
  let failure: Error | undefined;
  let wake = (): void => {};
  return {
    add(arrival: Arrival): void {
      queue.push(arrival);
      wake();
    },
    fail(error: Error): void {
      failure ??= error;
      for (const arrival of queue) if (arrival.kind === 'file') arrival.stream.resume();
      wake();
    },
    async next(): Promise<Arrival> {
      for (;;) {
        if (failure !== undefined) throw failure;
        const arrival = queue.shift();
        if (arrival !== undefined) return arrival;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

type Arrivals = ReturnType<typeof createArrivals>;

const unreadable = (cause: unknown): Problem =>
  new Problem('malformed-request', { detail: 'The body is not valid multipart/form-data.', cause });

/** The parser puts U+FFFD in the place of what is not UTF-8: two texts that differ would then be the same. */
function assertUtf8(text: string): void {
  if (text.includes('\uFFFD')) throw new Problem('malformed-request', { detail: 'The form is not valid UTF-8.' });
}

function createParser(request: IncomingMessage, { maxFiles, maxFileBytes }: MultipartBody): busboy.Busboy {
  const { type } = contentTypeOf(request);
  if (type !== 'multipart/form-data')
    throw new Problem('unsupported-media-type', { detail: 'Send Content-Type: multipart/form-data.' });
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: {
        fields: MOST_FIELDS,
        fieldNameSize: FIELD_NAME_BYTES,
        fieldSize: FIELD_BYTES,
        files: maxFiles,
        // One more than may come: that one tells the rest of a file that is just large enough from one that is too large.
        fileSize: maxFileBytes + 1,
        parts: MOST_FIELDS + maxFiles,
        headerPairs: HEADER_PAIRS,
      },
    });
  } catch (error) {
    throw unreadable(error); // no boundary
  }
}

/** Hands what the parser finds to whoever waits, and every way in which it can end. */
function connect(request: IncomingMessage, shape: MultipartBody, arrivals: Arrivals): { stop(): void } {
  if (request.destroyed) throw endedEarly(); // its sender left while somebody else was asked
  const parser = createParser(request, shape);
  let current: Readable | undefined;
  const fail = (error: Error): void => {
    arrivals.fail(error);
    request.unpipe(parser);
    current?.destroy(error);
  };
  const tooMany = (what: string) => (): void =>
    fail(new Problem('content-too-large', { detail: `The body has too many ${what}.` }));
  parser.on('field', (name, value, { nameTruncated, valueTruncated }) => {
    if (nameTruncated || valueTruncated) fail(tooLarge('A field', FIELD_BYTES));
    else arrivals.add({ kind: 'field', name, value });
  });
  parser.on('file', (name, stream, { filename, mimeType: contentType }) => {
    current = stream;
    stream.on('error', () => {}); // whoever reads it is told
    arrivals.add({ kind: 'file', name, filename, contentType, stream });
  });
  parser.on('fieldsLimit', tooMany('fields')).on('filesLimit', tooMany('files')).on('partsLimit', tooMany('parts'));
  parser.once('error', (error) => fail(unreadable(error)));
  parser.once('close', () => arrivals.add({ kind: 'end' }));
  const leave = (): void => {
    if (!request.complete) fail(endedEarly());
  };
  request.once('error', leave).once('close', leave);
  request.pipe(parser);
  return {
    stop() {
      request.unpipe(parser);
      current?.resume();
      request.resume(); // what still comes is nobody's
    },
  };
}

/** Left early, it lets the rest of the file go by: the parser waits for nobody. */
async function* bytesOf({ stream }: FileArrival, maxBytes: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      if (length > maxBytes) throw tooLarge('A file', maxBytes);
      yield chunk;
    }
  } finally {
    stream.resume();
  }
}

async function* filesFrom(first: FileArrival, arrivals: Arrivals, shape: MultipartBody): AsyncGenerator<IncomingFile> {
  for (let arrival: Arrival = first; arrival.kind !== 'end'; arrival = await arrivals.next()) {
    if (arrival.kind === 'field')
      throw new Problem('malformed-request', { detail: 'Send the fields before the files.' });
    const { name, filename, contentType, stream } = arrival;
    if (!shape.files.includes(name))
      throw new Problem('invalid-input', {
        errors: [{ pointer: `/${name}`, detail: 'A file of this name is not known here.' }],
      });
    assertUtf8(filename);
    yield { name, filename, contentType, bytes: bytesOf(arrival, shape.maxFileBytes) };
    stream.resume(); // what the handler did not care for
  }
}

async function* nothing(): AsyncGenerator<never> {}

/**
 * Resolves once all fields are there: with the first file, or the end.
 * @returns `stop` is to be called once the handler is done, however it ended
 * @throws Problem `unsupported-media-type`, `content-too-large`, `malformed-request`
 */
export async function readMultipartBody(
  request: IncomingMessage,
  shape: MultipartBody,
): Promise<{ body: IncomingMultipart<Record<string, string>>; stop: () => void }> {
  assertNotCompressed(request);
  const arrivals = createArrivals();
  const { stop } = connect(request, shape, arrivals);
  const fields = new Map<string, string>();
  try {
    for (;;) {
      const arrival = await arrivals.next();
      if (arrival.kind === 'field') {
        assertUtf8(arrival.name + arrival.value);
        if (fields.has(arrival.name))
          throw new Problem('malformed-request', { detail: 'The form names a field twice.' });
        fields.set(arrival.name, arrival.value);
        continue;
      }
      const files = arrival.kind === 'end' ? nothing() : filesFrom(arrival, arrivals, shape);
      return { body: { fields: Object.fromEntries(fields), files }, stop };
    }
  } catch (error) {
    stop();
    throw error;
  }
}
