// HTTP with every header field as it came, so that one that came twice is seen.
import { request } from 'node:http';
import type { Agent } from 'node:http';
import { connect } from 'node:net';

export type Fields = readonly (readonly [name: string, value: string])[];

export interface Answer {
  status: number;
  fields: Fields;
  /** Of a name's one field; fails where it came more than once. */
  header(name: string): string | undefined;
  body: Buffer;
  text: string;
  json(): Record<string, unknown>;
}

export interface Sending {
  /** `Name: value`; `Host` is `localhost` where none is given. */
  fields?: readonly string[];
  body?: string | Buffer;
  agent?: Agent;
}

function toAnswer(status: number, fields: Fields, body: Buffer): Answer {
  const text = body.toString('utf8');
  return {
    status,
    fields,
    body,
    text,
    header: (name) => {
      const [found, ...more] = fields.filter(([each]) => each.toLowerCase() === name.toLowerCase());
      if (more.length > 0) throw new Error(`${name} came ${more.length + 1} times`);
      return found?.[1];
    },
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
}

const splitField = (line: string): [string, string] => {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
};

/** @param line such as `GET /path`: the target goes out as it is */
export function send(port: number, line: string, sending: Sending = {}): Promise<Answer> {
  const [method, path] = line.split(' ') as [string, string];
  const { fields = [], body = '', agent } = sending;
  const given = fields.map(splitField);
  const names = given.map(([name]) => name.toLowerCase());
  const all = [
    ...(names.includes('host') ? [] : [['Host', 'localhost']]),
    ...(body.length === 0 || names.includes('content-length')
      ? []
      : [['Content-Length', `${Buffer.byteLength(body)}`]]),
    ...given,
  ];
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: agent ?? false,
      headers: all.flat(),
      setHost: false,
    };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const raw = response.rawHeaders;
        const pairs = raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []));
        resolve(toAnswer(response.statusCode ?? 0, pairs, Buffer.concat(chunks)));
      });
    });
    sent.once('error', (error) => reject(Object.assign(error, { reused: sent.reusedSocket })));
    sent.end(body);
  });
}

/** Sends bytes that no client library would, and gives all answers once the other side has closed the connection. */
export function sendBytes(port: number, bytes: string): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.setTimeout(30_000, () => socket.destroy(new Error('nothing came for 30 s')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', reject);
    socket.once('close', () => resolve(parseAnswers(Buffer.concat(chunks).toString('latin1'))));
    socket.write(bytes, 'latin1');
  });
}

/** Of answers with a Content-Length. */
function parseAnswers(bytes: string): Answer[] {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return [];
  const [first = '', ...lines] = bytes.slice(0, end).split('\r\n');
  const fields = lines.map(splitField);
  const length = Number(fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? 0);
  const body = Buffer.from(bytes.slice(end + 4, end + 4 + length), 'latin1');
  return [toAnswer(Number(first.split(' ')[1]), fields, body), ...parseAnswers(bytes.slice(end + 4 + length))];
}
