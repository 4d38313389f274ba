// One request to the server, and what came back. Knows nothing of who is signed in.
import type { Address } from './endpoints.ts';
import { Refusal, refusalOf, unreachable } from './refusal.ts';

export interface RequestInput {
  body?: unknown;
  params?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
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

function urlOf(address: Address, { params = {}, query = {} }: RequestInput): string {
  const path = address.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

function initOf(address: Address, { body }: RequestInput, { token, signal }: RequestOptions): RequestInit {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const headers = new Headers({ Accept: 'application/json', 'Content-Type': 'application/json' });
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  return {
    method: address.method,
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'error',
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    ...(body !== undefined && { body: JSON.stringify(body) }),
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

export function createRequest(parts: { fetch: typeof fetch; now: () => number }): Request {
  return async (address, input, options = {}) => {
    try {
      const response = await parts.fetch(urlOf(address, input), initOf(address, input, options));
      const body = await readJson(response);
      if (!response.ok) throw refusalOf(response, body, parts.now());
      return { status: response.status, body };
    } catch (error) {
      if (error instanceof Refusal || options.signal?.aborted) throw error;
      throw unreachable('no-answer', error);
    }
  };
}
