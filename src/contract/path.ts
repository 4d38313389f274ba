// The paths of endpoints: `/api/limits/refusals/:requestId`.

const PARAMETER = /:(\w+)/g;

export interface PathInput {
  params?: Readonly<Record<string, string>>;
  /** What is undefined is left out. */
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
}

export class PathError extends Error {
  override readonly name = 'PathError';
}

/**
 * Where a call goes: every parameter in its place, encoded, and the query behind it.
 * @throws PathError where a parameter is missing, or is a step (`..`) in any encoding: the path would be another endpoint's
 */
export function fillPath(path: string, { params = {}, query = {} }: PathInput): string {
  const filled = path.replaceAll(PARAMETER, (_, name: string) => {
    const value = params[name];
    if (value === undefined || /^\.{0,2}$/.test(value)) throw new PathError(`"${value ?? ''}" is not a valid ${name}.`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

/** As OpenAPI writes it: `/api/limits/refusals/{requestId}`. */
export const pathTemplate = (path: string): string => path.replaceAll(PARAMETER, '{$1}');
