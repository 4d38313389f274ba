/** Texts that differ from a token by little, as somebody would try them. */
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
