import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault } from './json-guard.ts';
import { anyText } from '../testing/any-text.ts';

const LIMITS = { depth: 32 };

describe('findJsonFault', () => {
  it.each([
    '{}',
    '[]',
    'null',
    '"text"',
    '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}',
    '{"a":{"b":1},"b":1}',
    '{"a":"a","b":"a"}',
    '["a","a"]',
    '{"a":"\\"a\\":1,\\"a\\":2"}',
    '{"":1," ":2}',
    '{"a":1,"A":2}',
    '{"\u00e9":1,"e\u0301":2}',
    '{"key":"__proto__","constructors":1,"_proto_":1,"toString":1}',
  ])('IN-04 finds nothing wrong with %s', (text) => {
    expect(findJsonFault(text, LIMITS)).toBeUndefined();
  });

  it.each([
    '{"role":"user","role":"admin"}',
    '{"a":1,"b":2,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"\\/":1,"/":2}',
    '{"😀":1,"\\ud83d\\ude00":2}',
    '{"":1,"":2}',
    '{"x":{"y":[{"a":1,"a":2}]}}',
    '{"a":[{"b":1}],"a":1}',
    '{ "a" : 1 ,\n\t"a" : 2 }',
    '[{"a":1},{"a":1,"a":2}]',
  ])('IN-04 finds the duplicate key in %s', (text) => {
    expect(findJsonFault(text, LIMITS)).toBe('duplicate-key');
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"a":{"constructor":{"prototype":{}}}}',
    '{"prototype":1}',
    '{"\\u005f_proto__":1}',
    '[[{"__proto__":null}]]',
  ])('IN-04 finds the forbidden key in %s', (text) => {
    expect(findJsonFault(text, LIMITS)).toBe('forbidden-key');
  });

  it('IN-02 counts how deep objects and arrays are nested, not how many there are', () => {
    const nested = (levels: number) => '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2);
    expect(findJsonFault(nested(32), LIMITS)).toBeUndefined();
    expect(findJsonFault(nested(34), LIMITS)).toBe('too-deep');
    expect(findJsonFault(`[${'[],{},'.repeat(1000)}1]`, LIMITS)).toBeUndefined();
    expect(findJsonFault('{"a":"[[[[[["}', { depth: 1 })).toBeUndefined();
  });

  it('IN-07 takes a limit of any height without ending the stack', () => {
    const text = '['.repeat(102_400);
    expect(findJsonFault(text, LIMITS)).toBe('too-deep');
    expect(findJsonFault(text, { depth: Infinity })).toBeUndefined();
  });

  it.each(['', '{', '}', ']]]', ':', '{"a":1,', '"', '{"a', '/* x */', '\u0000', '{"a"1}', 'x{', '-{'])(
    'leaves %j to JSON.parse',
    (text) => {
      expect(findJsonFault(text, LIMITS)).toBeUndefined();
    },
  );
});

describe('findJsonFault, for any JSON', () => {
  const name = fc.oneof(anyText({ maxLength: 4 }), fc.constantFrom('a', 'b', '\\', '"', '/', '\u2028'));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 0 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    ),
  }));
  const forbidden = /"(?:__proto__|constructor|prototype)":/;

  it('IN-04 takes what JSON.stringify writes', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2), (any, indent) => {
        const text = JSON.stringify(any, null, indent);
        fc.pre(!forbidden.test(text));
        expect(findJsonFault(text, LIMITS)).toBeUndefined();
      }),
    );
  });

  it('IN-04 finds a name written twice, in whatever escapes', () => {
    const escaped = (text: string) =>
      Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
        '',
      );
    fc.assert(
      fc.property(name, value, value, (key, first, second) => {
        const text = `[{${JSON.stringify(key)}:${JSON.stringify(first)},"${escaped(key)}":${JSON.stringify(second)}}]`;
        fc.pre(!forbidden.test(text));
        expect(findJsonFault(text, LIMITS)).toBe('duplicate-key');
      }),
    );
  });
});
