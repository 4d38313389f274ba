/** Texts that differ from a token by little, as somebody would try them. */
import fc from 'fast-check';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Another character of the alphabet, which differs in the lowest bit: at the end of a part that is a spare bit. */
const neighbour = (character: string): string => BASE64URL[BASE64URL.indexOf(character) ^ 1] ?? 'A';

const replaceAt = (text: string, at: number, by: string): string => text.slice(0, at) + by + text.slice(at + 1);

/** For each part between dots: its first and its last character changed. And the whole, longer, shorter, and in another case. */
export function alterationsOf(token: string): string[] {
  const ends = [...token.matchAll(/[^.]+/g)].flatMap(({ index, 0: part }) => [index, index + part.length - 1]);
  const changed = ends.map((at) => replaceAt(token, at, neighbour(token.charAt(at))));
  return [...changed, token.slice(0, -1), `${token}A`, `${token}=`, `${token}.`, `.${token}`, token.toUpperCase()];
}

/** Any one character changed, added or taken away. */
export const anyAlterationOf = (token: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.nat(token.length),
      fc.constantFrom(...Array.from(`${BASE64URL}.=+/~ \n\u0000é`)),
      fc.constantFrom('change', 'add', 'remove'),
    )
    .map(([at, character, how]) => {
      const rest = token.slice(how === 'add' ? at : at + 1);
      return token.slice(0, at) + (how === 'remove' ? '' : character) + rest;
    })
    .filter((text) => text !== token);

/** With every other last character of every part: a decoder takes some of them for the same bytes. */
export const otherEndingsOf = (token: string): string[] =>
  token
    .split('.')
    .flatMap((part, index, parts) =>
      Array.from(BASE64URL.replace(part.at(-1) ?? '', '')).map((last) =>
        parts.with(index, part.slice(0, -1) + last).join('.'),
      ),
    );

/** Of every code unit, lone surrogates too. fast-check's own `binary` takes seconds before its first text. */
export const anyCodeUnits = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) });
