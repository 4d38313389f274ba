/** HTTP as bytes, for what no client library would send. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Names in lower case; the first of a repeated one. */
  headers: Record<string, string>;
  body: string;
  /** As JSON where it is JSON. */
  json: Record<string, unknown>;
}

function parseAnswers(bytes: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = bytes; rest.includes('\r\n\r\n');) {
    const end = rest.indexOf('\r\n\r\n');
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines
        .toReversed()
        .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = Number(headers['content-length'] ?? 0);
    const body = rest.slice(end + 4, end + 4 + length);
    if (body.length < length) return answers;
    const isJson = body !== '' && /json/.test(headers['content-type'] ?? '');
    const json = isJson ? (JSON.parse(body) as Record<string, unknown>) : {};
    answers.push({ status: Number(first.split(' ')[1]), headers, body, json });
    rest = rest.slice(end + 4 + length);
  }
  return answers;
}

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}

function collect(socket: Socket): { text(): string } {
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
  });
  return { text: () => received };
}

/**
 * Sends the bytes and resolves with all answers once the server has closed the connection.
 * @param options `end`: says that no more will come, as a caller that breaks off
 */
export function sendUntilClosed(
  url: string,
  bytes: string | Buffer,
  options: { end?: boolean } = {},
): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const socket = open(url);
    const received = collect(socket);
    socket.once('error', reject);
    socket.once('close', () => resolve(parseAnswers(received.text())));
    if (options.end === true) socket.end(bytes);
    else socket.write(bytes);
  });
}

/** Sends the bytes, and no more of an unfinished request; resolves with the first answer and leaves. */
export function sendUntilAnswered(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = open(url);
    const received = collect(socket);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`closed without an answer: ${received.text()}`)));
    socket.on('data', () => {
      const [answer] = parseAnswers(received.text());
      if (answer === undefined) return;
      resolve(answer);
      socket.destroy();
    });
    socket.write(bytes);
  });
}

/** A whole request, after whose answer the server closes. Header fields may repeat and be odd. */
export function rawRequest(line: string, fields: readonly string[] = [], body = '', host = 'localhost'): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${line} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...length, ...fields, '', body].join('\r\n');
}

/** One request, one answer, as bytes; to a whole application by its public name, which need not lead to it. */
export async function exchange(
  to: string | { url: string; config: { publicUrl: string } },
  line: string,
  fields: readonly string[] = [],
  body = '',
): Promise<RawAnswer> {
  const [url, host] = typeof to === 'string' ? [to] : [to.url, new URL(to.config.publicUrl).host];
  const [answer, ...more] = await sendUntilClosed(url, rawRequest(line, fields, body, host));
  if (answer === undefined || more.length > 0) throw new Error(`${more.length + 1} answers, or none, to ${line}`);
  return answer;
}
