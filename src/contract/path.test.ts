import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fillPath, PathError, pathTemplate } from './path.ts';

it('puts every parameter in its place', () => {
  expect(fillPath('/api/limits', {})).toBe('/api/limits');
  expect(fillPath('/api/users/:id/keys/:keyId', { params: { id: 'a', keyId: 'b' } })).toBe('/api/users/a/keys/b');
});

it('keeps what a parameter or the query holds out of the path', () => {
  const texts = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/^\.{1,2}$/.test(text));
  fc.assert(
    fc.property(texts, texts, (id, user) => {
      const url = new URL(fillPath('/api/users/:id/end', { params: { id }, query: { user } }), 'http://localhost');
      expect(decodeURIComponent(url.pathname.slice('/api/users/'.length, -'/end'.length))).toBe(id);
      expect([...url.searchParams]).toEqual([['user', user]]);
      expect(url.hash).toBe('');
    }),
  );
});

it('leaves out what is undefined, and keeps what is empty', () => {
  const query = { user: undefined, count: 5, all: false, name: '' };
  expect(fillPath('/api/limits/blocked', { query })).toBe('/api/limits/blocked?count=5&all=false&name=');
});

it('names no other endpoint where a parameter is missing, or a step', () => {
  for (const params of [{}, { id: '' }, { other: 'x' }, { id: '.' }, { id: '..' }])
    expect(() => fillPath('/api/users/:id/end', { params })).toThrow(PathError);
});

it('is written as OpenAPI writes it', () => {
  expect(pathTemplate('/api/users/:id/keys/:keyId')).toBe('/api/users/{id}/keys/{keyId}');
});
