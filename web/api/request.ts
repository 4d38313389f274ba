// One request to the server, and what came back. Knows nothing of who is signed in.
import { fillPath } from '#contract/path.ts';
import type { PathInput } from '#contract/path.ts';
import type { Address } from './endpoints.ts';
import { Refusal, refusalOf, unreachable } from './refusal.ts';

export interface RequestInput extends PathInput {
  body?: unknown;
}

export interface RequestOptions {
  token?: string;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  body: unknown;
}

/** @throws Refusal, or AbortError where the caller's own signal says so */
export type Request = (address: Address, input: RequestInput, options?: RequestOptions) => Promise<Answer>;

// Longer than the server lets anything take: a hashed password may wait in a queue.
const TIMEOUT_MS = 30_000;

interface Multipart {
  fields: Readonly<Record<string, string>>;
  files: readonly { readonly name: string; readonly file: File }[];
}

/** The fields first, as the server reads them. */
function writeMultipart({ fields, files }: Multipart): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  for (const { name, file } of files) data.append(name, file);
  return data;
}

function writeBody({ body: kind }: Address, body: unknown): BodyInit {
  if (kind === 'form') return new URLSearchParams(body as Record<string, string>);
  return kind === 'multipart' ? writeMultipart(body as Multipart) : JSON.stringify(body);
}

const accepted = { json: 'application/json', text: 'text/*', bytes: '*/*' } as const;

function initOf(address: Address, { body }: RequestInput, { token, signal }: RequestOptions): RequestInit {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const headers = new Headers({ Accept: accepted[address.answer ?? 'json'] });
  // Of a form the browser says the type itself: a multipart one has a boundary in it.
  if (address.body === undefined) headers.set('Content-Type', 'application/json');
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  return {
    method: address.method,
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'error',
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    ...(body !== undefined && { body: writeBody(address, body) }),
  };
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!response.ok) return undefined;
    throw unreachable('other-answer', error);
  }
}

/** Bytes as a Blob, which may be shown or saved without being read into text. */
function readAnswer({ answer }: Address, response: Response): Promise<unknown> {
  if (answer === 'bytes') return response.blob();
  return answer === 'text' ? response.text() : readJson(response);
}

export function createRequest(parts: { fetch: typeof fetch; now: () => number }): Request {
  return async (address, input, options = {}) => {
    const url = fillPath(address.path, input); // what it refuses is a fault of the page, not an outage
    try {
      const response = await parts.fetch(url, initOf(address, input, options));
      if (!response.ok) throw refusalOf(response, await readJson(response), parts.now());
      return { status: response.status, body: await readAnswer(address, response) };
    } catch (error) {
      if (error instanceof Refusal || options.signal?.aborted) throw error;
      throw unreachable('no-answer', error);
    }
  };
}
