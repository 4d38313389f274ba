// Each shape that a body can have, by an endpoint of its own.
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { defineEndpoint } from '#contract/endpoint.ts';
import { createOpenApi } from '#contract/openapi.ts';
import { form, json, multipart } from '#contract/shapes.ts';
import { call, refusal } from '../testing/personas.ts';
import { exchange, sendUntilClosed } from '../testing/raw-http.ts';
import { startServer } from '../testing/start-server.ts';
import { until } from '../testing/until.ts';
import { answer, route } from './route.ts';
import type { Route } from './route.ts';

const about = { tag: 'Test', summary: 'A test', description: 'A test.', problems: [], access: 'public' } as const;

const putNote = defineEndpoint({
  ...about,
  name: 'putNote',
  method: 'PUT',
  path: '/api/note',
  quota: 'general',
  body: json(z.strictObject({ text: z.string() }), { maxBytes: 64 * 1024 }),
  answers: { 200: z.object({ length: z.int() }) },
});

const sendForm = defineEndpoint({
  ...about,
  name: 'sendForm',
  method: 'POST',
  path: '/api/form',
  quota: 'general',
  body: form(z.strictObject({ grant_type: z.string(), scope: z.optional(z.string()) })),
  answers: { 200: z.object({ grant_type: z.string(), scope: z.optional(z.string()) }) },
});

const FILE_BYTES = 256 * 1024;

const sendFiles = defineEndpoint({
  ...about,
  name: 'sendFiles',
  method: 'POST',
  path: '/api/files',
  quota: 'general',
  body: multipart({
    fields: z.strictObject({ title: z.string() }),
    files: ['file', 'thumbnail'],
    maxFiles: 2,
    maxFileBytes: FILE_BYTES,
  }),
  answers: {
    201: z.object({
      title: z.string(),
      files: z.array(z.object({ name: z.string(), filename: z.string(), type: z.string(), sha256: z.string() })),
    }),
  },
});

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

/** What the handlers have seen. */
const createSeen = () => ({ files: 0, failures: [] as string[] });

const createRoutes = (seen: ReturnType<typeof createSeen>): Route[] => [
  route(putNote, async ({ body }) => answer(200, { length: body.text.length })),
  route(sendForm, async ({ body }) => answer(200, body)),
  route(sendFiles, async ({ body: { fields, files } }) => {
    const read = [];
    try {
      for await (const { name, filename, contentType: type, bytes: content } of files) {
        seen.files += 1;
        const hash = createHash('sha256');
        for await (const chunk of content) hash.update(chunk);
        read.push({ name, filename, type, sha256: hash.digest('hex') });
      }
    } catch (error) {
      seen.failures.push((error as Error).message);
      throw error;
    }
    return answer(201, { title: fields.title, files: read });
  }),
];

async function start() {
  const seen = createSeen();
  const server = await startServer({ routes: createRoutes(seen) });
  return { ...server, seen };
}

it('IN-02 a JSON body has the limit of its endpoint, and not the usual one', async () => {
  const { url } = await start();
  const put = (length: number) => call({ url }, '/api/note', { method: 'PUT', body: { text: 'x'.repeat(length) } });
  expect(await put(60_000)).toMatchObject({ status: 200, body: { length: 60_000 } });
  expect(await put(66_000)).toMatchObject(refusal('content-too-large'));
  expect(() => json(z.strictObject({}), { maxBytes: 101 * 1024 })).toThrow('at most');
});

it('IN-03 a form is read as one, and nothing else is', async () => {
  const { url } = await start();
  const type = 'Content-Type: application/x-www-form-urlencoded';
  const post = (body: string, fields = [type]) => exchange(url, 'POST /api/form', fields, body);
  const sent = await fetch(`${url}/api/form`, {
    method: 'POST',
    body: new URLSearchParams('grant_type=a+b%2Bcé&scope='),
  });
  expect(await sent.json()).toEqual({ grant_type: 'a b+cé', scope: '' });
  expect(await post('{"grant_type":"a"}', ['Content-Type: application/json'])).toMatchObject({ status: 415 });
  expect(await post('grant_type=a', [type, 'Content-Encoding: gzip'])).toMatchObject({ status: 415 });
  expect(await post('grant_type=a', [`${type}; charset=iso-8859-1`])).toMatchObject({ status: 415 });
});

it.each([
  ['a name twice', 'grant_type=a&grant_type=b', 400],
  ['a name twice, spelt otherwise', 'grant_type=a&grant%5Ftype=b', 400],
  ['what is not UTF-8', 'grant_type=%ff', 400],
  ['half an escape', 'grant_type=%4', 400],
  ['an unknown name', 'grant_type=a&admin=1', 422],
  ['a name of every object', 'grant_type=a&__proto__=1', 422],
  ['a missing name', 'scope=a', 422],
  ['too much', `grant_type=${'a'.repeat(17_000)}`, 413],
])('IN-04 IN-05 a form with %s is refused', async (_what, body, status) => {
  const { url } = await start();
  const type = 'Content-Type: application/x-www-form-urlencoded';
  expect(await exchange(url, 'POST /api/form', [type], body)).toMatchObject({ status });
});

type Part = [name: string, content: string | Uint8Array<ArrayBuffer>, filename?: string];

async function upload(url: string, parts: readonly Part[]): Promise<{ status: number; body: unknown }> {
  const body = new FormData();
  for (const [name, content, filename] of parts)
    if (filename === undefined) body.append(name, String(content));
    else body.append(name, new Blob([content], { type: 'image/png' }), filename);
  const response = await fetch(`${url}/api/files`, { method: 'POST', body });
  return { status: response.status, body: await response.json() };
}

const large = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(size).fill(7);

it('FU-01 fields and files arrive as they were sent, however large the files are within their limit', async () => {
  const { url } = await start();
  const content = large(FILE_BYTES);
  const sent = await upload(url, [
    ['title', 'Zoë'],
    ['file', content, '../../größe.png'],
    ['thumbnail', 'tiny', 'b.png'],
  ]);
  expect(sent).toEqual({
    status: 201,
    body: {
      title: 'Zoë',
      files: [
        { name: 'file', filename: 'größe.png', type: 'image/png', sha256: sha256(content) },
        { name: 'thumbnail', filename: 'b.png', type: 'image/png', sha256: sha256('tiny') },
      ],
    },
  });
  expect(await upload(url, [['title', 'no file']])).toMatchObject({ status: 201, body: { files: [] } });
});

const title: Part = ['title', 't'];

it.each<[string, Part[], number]>([
  ['a file that is one byte too large', [title, ['file', large(FILE_BYTES + 1), 'a']], 413],
  ['a file that is much too large', [title, ['file', large(8 * FILE_BYTES), 'a']], 413],
  ['too many files', [title, ['file', 'a', 'a'], ['file', 'b', 'b'], ['file', 'c', 'c']], 413],
  ['a file under an unknown name', [title, ['script', 'a', 'a']], 422],
  ['an unknown field', [title, ['owner', 'root']], 422],
  ['a field twice', [title, title], 400],
  ['a field behind a file', [['file', 'a', 'a'], title], 422],
  ['too large a field', [['title', 'x'.repeat(17_000)]], 413],
  ['too many fields', Array.from({ length: 60 }, (_, index): Part => [`f${index}`, '']), 413],
])('FU-01 FU-07 an upload with %s is refused, and the next request is served', async (_what, parts, status) => {
  const { url } = await start();
  expect(await upload(url, parts)).toMatchObject({ status });
  expect(await upload(url, [title, ['file', 'fine', 'a.png']])).toMatchObject({ status: 201 });
});

it('FU-07 a handler may give up one file and go on to the next', async () => {
  const begun: string[] = [];
  const routes = [
    route(sendFiles, async ({ body: { fields, files } }) => {
      for await (const { filename, bytes: content } of files) {
        begun.push(filename);
        // oxlint-disable-next-line no-unreachable-loop -- the first piece is enough to know what it is
        for await (const _chunk of content) break;
      }
      return answer(201, { title: fields.title, files: [] });
    }),
  ];
  const { url } = await startServer({ routes });
  for (const size of [100, FILE_BYTES]) {
    begun.length = 0;
    expect(await upload(url, [title, ['file', large(size), 'a'], ['thumbnail', large(size), 'b']])).toMatchObject({
      status: 201,
    });
    expect(begun).toEqual(['a', 'b']);
  }
});

it.each([
  ['no boundary', 'multipart/form-data', '--x--\r\n', 400],
  ['another type', 'application/json', '{}', 415],
  ['no type at all', '', 'x', 415],
  [
    'a cut part',
    'multipart/form-data; boundary=x',
    '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nt',
    400,
  ],
  ['a part without a name', 'multipart/form-data; boundary=x', '--x\r\nX-Y: z\r\n\r\nt\r\n--x--\r\n', 422],
])('FU-07 an upload with %s is refused', async (_what, type, body, status) => {
  const { url } = await start();
  const fields = type === '' ? [] : [`Content-Type: ${type}`];
  expect(await exchange(url, 'POST /api/files', fields, body)).toMatchObject({ status });
});

it('IN-03 a field that is not UTF-8 is refused, and not read as something else', async () => {
  const { url } = await start();
  const text = '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n\xff\r\n--x--\r\n';
  const headers = { 'Content-Type': 'multipart/form-data; boundary=x' };
  const sent = await fetch(`${url}/api/files`, { method: 'POST', headers, body: Buffer.from(text, 'latin1') });
  expect(sent.status).toBe(400);
});

it('FU-07 a caller that leaves in the middle of a file ends it for the handler, and nothing is left waiting', async () => {
  const { url, seen, logLines } = await start();
  const head = [
    'POST /api/files HTTP/1.1',
    'Host: localhost',
    'Content-Type: multipart/form-data; boundary=x',
    'Content-Length: 100000',
    '',
    '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nt',
    '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nbegun',
  ].join('\r\n');
  await sendUntilClosed(url, head, { end: true });
  await until(() => seen.failures.length > 0);
  expect(seen).toMatchObject({ files: 1, failures: ['the body ended early'] });
  await until(() => logLines().some(({ msg }) => msg === 'request'));
  expect(logLines().filter(({ level }) => level === 'error')).toEqual([]);
});

it('the document describes each of them', () => {
  const document = createOpenApi([putNote, sendForm, sendFiles], { version: '1', server: 'http://localhost:3000' });
  const paths = document['paths'] as Record<string, Record<string, { requestBody?: unknown }>>;
  expect(paths['/api/form']?.['post']?.requestBody).toMatchObject({
    content: { 'application/x-www-form-urlencoded': { schema: { properties: { grant_type: { type: 'string' } } } } },
  });
  expect(paths['/api/files']?.['post']?.requestBody).toMatchObject({ content: { 'multipart/form-data': {} } });
  expect(JSON.stringify(paths['/api/files']?.['post']?.requestBody)).toContain('"thumbnail"');
});
