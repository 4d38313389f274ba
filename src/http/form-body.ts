// A form as browsers and OAuth clients send it: application/x-www-form-urlencoded. Each name once, so that nobody can say two things.
import type { IncomingMessage } from 'node:http';
import { Problem } from '#contract/problem.ts';
import { assertMediaType, assertNotCompressed, decodeUtf8, readBytes } from './body-bytes.ts';

const TYPE = 'application/x-www-form-urlencoded';

/** URLSearchParams would put U+FFFD in the place of what is not UTF-8: two texts that differ would then be the same. */
function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Problem('malformed-request', { detail: 'The form is not valid percent-encoded UTF-8.' });
  }
}

function parse(text: string): Record<string, string> {
  const fields = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decodePart(at === -1 ? pair : pair.slice(0, at));
    if (fields.has(name)) throw new Problem('malformed-request', { detail: 'The form names a field twice.' });
    fields.set(name, at === -1 ? '' : decodePart(pair.slice(at + 1)));
  }
  return Object.fromEntries(fields);
}

/** @throws Problem `unsupported-media-type`, `content-too-large`, `malformed-request` */
export async function readFormBody(request: IncomingMessage, maxBytes: number): Promise<Record<string, string>> {
  assertMediaType(request, TYPE, 'a form');
  assertNotCompressed(request);
  return parse(decodeUtf8(await readBytes(request, maxBytes)));
}
