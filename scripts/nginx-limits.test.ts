// What the proxy refuses in the server's place, it refuses by the same numbers and in the same words.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROBLEM_TYPE_PREFIX, problems } from '../src/contract/problem.ts';
import { BODY_BYTES } from '../src/contract/shapes.ts';
import { listenerLimits } from '../src/http/listener.ts';
import { apiHeaders, NONCE, pageHeaders } from '../src/http/security-headers.ts';
import type { HeaderList } from '../src/http/security-headers.ts';
import { root } from './runtime.js';

/** Without its comments. */
function read(file: string): string {
  const text = readFileSync(path.join(root, file === 'nginx.conf' ? '' : 'nginx', file), 'utf8');
  return text.replaceAll(/^\s*#.*$/gm, '');
}

const proxy = read('nginx.conf');
const frontend = read('frontend.conf');

/** The words of a directive, which stands there once. */
function directive(text: string, name: string): string[] {
  const found = [...text.matchAll(new RegExp(`(?:^|[\\s{;])${name}\\s+([^;{]+);`, 'g'))].map(([, words = '']) => words);
  expect(found, name).toHaveLength(1);
  return (found[0] ?? '').split(/\s+/);
}

const UNITS: Record<string, number> = { k: 1024, m: 1024 ** 2, s: 1000 };
function toNumber(word = ''): number {
  const [, digits = '', unit = ''] = /^(\d+)([kms]?)$/.exec(word) ?? [];
  return Number(digits) * (UNITS[unit] ?? 1);
}
const limit = (text: string, name: string): number => toNumber(directive(text, name)[0]);

describe('the numbers', () => {
  test('HT-12 header fields and the address are no larger than the server takes', () => {
    for (const text of [proxy, frontend]) {
      const [count, size] = directive(text, 'large_client_header_buffers');
      expect(Number(count) * toNumber(size)).toBe(listenerLimits.maxHeaderSize);
      expect(toNumber(size)).toBe(8 * 1024);
    }
  });

  test('HT-12 a body is as large as the largest that the server reads', () => {
    expect(limit(proxy, 'client_max_body_size')).toBe(BODY_BYTES);
    expect(limit(frontend, 'client_max_body_size')).toBe(BODY_BYTES);
    expect(limit(proxy, 'client_body_buffer_size')).toBe(BODY_BYTES);
  });

  test('HT-12 a slow sender is given up no later than by the server, and within 10 to 60 seconds', () => {
    expect(limit(proxy, 'client_header_timeout')).toBeLessThanOrEqual(listenerLimits.headersTimeout);
    expect(limit(proxy, 'client_body_timeout')).toBeLessThanOrEqual(listenerLimits.requestTimeout);
    for (const name of ['client_header_timeout', 'client_body_timeout', 'send_timeout']) {
      expect(limit(proxy, name), name).toBeGreaterThanOrEqual(10_000);
      expect(limit(proxy, name), name).toBeLessThanOrEqual(60_000);
    }
  });

  test('RE-25 the proxy is the one that closes an idle connection, never the server in the middle of a request', () => {
    const kept = [...proxy.matchAll(/keepalive_timeout\s+(\d+)s;/g)].map(([, seconds]) => Number(seconds) * 1000);
    expect(kept).toHaveLength(3); // people's, the server's, the pages'
    const [, toServer = Infinity, toPages = Infinity] = kept;
    expect(toServer).toBeLessThan(listenerLimits.keepAliveTimeout);
    expect(toPages).toBeLessThan(limit(frontend, 'keepalive_timeout'));
  });
});

describe('the words', () => {
  interface Sentence {
    type: string;
    title: string;
    status: number;
    code: number;
  }
  const sentences = (text: string): Sentence[] =>
    [...text.matchAll(/return (\d+) '(\{"type".*\})';/g)].map(([, code, json = '']) => ({
      ...(JSON.parse(json) as Sentence),
      code: Number(code),
    }));
  const all = [...sentences(read('own-answers.conf')), ...sentences(frontend)];

  test('HT-06 each problem of the proxy is one of the contract, with its title and its status', () => {
    expect(all.length).toBeGreaterThan(8);
    for (const { type, title, status, code } of all) {
      const name = type.slice(PROBLEM_TYPE_PREFIX.length) as keyof typeof problems;
      expect({ name, status, title }).toEqual({ name, ...problems[name] });
      expect(code, name).toBe(status);
    }
  });

  test('HT-06 nothing but a problem is answered with a text', () => {
    for (const file of ['nginx.conf', 'frontend.conf', 'own-answers.conf'])
      expect(read(file).match(/return \d+ ['"](?!\{"type":"urn:)/g), file).toBeNull();
  });
});

describe('the headers', () => {
  const added = (file: string): Record<string, string> =>
    Object.fromEntries(
      [...read(file).matchAll(/add_header (\S+) ("[^"]*"|\S+) always;/g)].map(([, name, value = '']) => [
        name,
        value.replaceAll('"', ''),
      ]),
    );
  const expected = (list: HeaderList): Record<string, string> => Object.fromEntries(list);
  const options = { strictTransportSecurity: false };

  test('HT-03 HT-04 a page has the headers that the server gives to a page', () => {
    const nonce = (value: string): string => value.replaceAll(NONCE, '$request_id');
    const list = pageHeaders(options).map(([name, value]) => [name, nonce(value)] as const);
    expect(added('page-headers.conf')).toEqual({ ...expected(list), 'Cache-Control': 'no-store' });
  });

  test('HT-03 HT-04 a file has the headers that the server gives to what is no page', () => {
    expect(added('file-headers.conf')).toEqual({
      ...expected(apiHeaders(options)),
      'Cache-Control': '$file_cache_control',
    });
  });

  test('HT-05 no header is added where it would take the place of all the others', () => {
    for (const file of ['nginx.conf', 'frontend.conf']) expect(read(file), file).not.toMatch(/add_header/);
    for (const file of ['own-answers.conf', 'page-headers.conf', 'file-headers.conf'])
      for (const line of read(file).split('\n')) if (/add_header/.test(line)) expect(line).toMatch(/ always;$/);
  });
});

test('DP-09 redirects and forwarded names come from the configuration, and an alias has no gap', () => {
  const text = proxy + frontend + read('own-answers.conf');
  expect(text).not.toMatch(/return 30\d [^;]*\$(?:host|http_host|server_name)\b/);
  expect(text).not.toMatch(/\balias\b/);
  expect(text).not.toMatch(
    /autoindex on|merge_slashes off|underscores_in_headers on|ignore_invalid_headers off|server_tokens on/,
  );
  const places = proxy.split(/proxy_set_header Host /).length - 1;
  for (const name of [
    'X-Real-IP',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Request-Id',
    'Forwarded',
  ])
    expect(proxy.split(`proxy_set_header ${name} `).length - 1, name).toBe(places);
});
