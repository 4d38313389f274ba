// What every answer has to carry, from the server's own lists.
import { expect } from 'vitest';
import { PROBLEM_TYPE_PREFIX, problems } from '../../src/contract/problem.ts';
import { apiHeaders, NONCE, pageHeaders } from '../../src/http/security-headers.ts';
import type { HeaderList } from '../../src/http/security-headers.ts';
import type { Answer } from './http.ts';

export const PROBLEM = 'application/problem+json; charset=utf-8';

interface Site {
  /** Whether people come by https. */
  https: boolean;
}

/** What says something about the answer itself, and differs from one to the next. */
const TRANSPORT = new Set(
  'server date content-type content-length content-encoding transfer-encoding connection keep-alive vary etag last-modified accept-ranges location retry-after ratelimit ratelimit-policy allow www-authenticate x-request-id cache-control'.split(
    ' ',
  ),
);

/** Each header of the list once, and no other that the list does not know. */
function expectHeaders(answer: Answer, list: HeaderList, kind: string): void {
  for (const [name, value] of list) expect(answer.header(name), `${kind}: ${name}`).toBe(value);
  const known = new Set(list.map(([name]) => name.toLowerCase()));
  const names = answer.fields.map(([name]) => name.toLowerCase());
  expect(new Set(names).size, `${kind}: one of them came twice: ${names.join(' ')}`).toBe(names.length);
  expect(
    names.filter((name) => !known.has(name) && !TRANSPORT.has(name)),
    kind,
  ).toEqual([]);
  // HT-13: what runs here, but not in which version.
  expect(answer.header('server') ?? 'nginx', kind).toBe('nginx');
  expect(answer.text, kind).not.toMatch(/nginx\/\d|openresty/i);
  // Nginx's own words: only a redirect has them, which nobody reads.
  expect(answer.text.includes('<center>'), kind).toBe(answer.status === 308);
}

/** An answer of the API, a file, or one of Nginx's own. */
export function expectApiHeaders(answer: Answer, { https }: Site, kind: string, cacheControl = 'no-store'): void {
  expectHeaders(answer, [...apiHeaders({ strictTransportSecurity: https }), ['Cache-Control', cacheControl]], kind);
}

/** @returns the nonce */
export function expectPageHeaders(answer: Answer, { https }: Site, kind: string): string {
  const policy = answer.header('content-security-policy') ?? '';
  const [, nonce = ''] = /'nonce-([^']*)'/.exec(policy) ?? [];
  expect(nonce, kind).toMatch(/^[\w-]{22,}$/);
  const list = pageHeaders({ strictTransportSecurity: https }).map(
    ([name, value]) => [name, value.replaceAll(NONCE, nonce)] as const,
  );
  expectHeaders(answer, [...list, ['Cache-Control', 'no-store']], kind);
  expect(answer.header('content-type'), kind).toBe('text/html; charset=utf-8');
  return nonce;
}

/** RFC 9457, as the contract's table has it, under the headers of the API. */
export function expectProblem(
  answer: Answer,
  name: keyof typeof problems,
  { instance, ...site }: Site & { instance: string },
): void {
  const { status, title } = problems[name];
  expectApiHeaders(answer, site, `${name} ${answer.status} ${answer.text}`);
  expect(answer.status, answer.text).toBe(status);
  expect(answer.header('content-type')).toBe(PROBLEM);
  const { detail, ...body } = answer.json();
  expect(body).toEqual({
    type: `${PROBLEM_TYPE_PREFIX}${name}`,
    title,
    status,
    instance,
    requestId: answer.header('x-request-id'),
  });
  expect(typeof (detail ?? '')).toBe('string');
  expect(answer.header('retry-after') === undefined, name).toBe(status !== 503);
}
