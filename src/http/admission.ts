// Which requests are looked at at all: those that name this server, and say each thing once.
import type { IncomingMessage } from 'node:http';
import { Problem } from '#contract/problem.ts';
import { isLoopbackHost } from '../security/loopback.ts';

/** @throws Problem `malformed-request`, `misdirected-request` */
export type Admission = (request: IncomingMessage, path: string) => void;

/** Header fields that decide something and must not come twice: Node would silently keep one of them. */
const SINGLE_FIELDS = new Set([
  'authorization',
  'content-type',
  'cookie',
  'host',
  'origin',
  'sec-fetch-site',
  'x-api-key',
  'x-request-id',
]);

function assertSingleFields({ rawHeaders }: IncomingMessage): void {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!SINGLE_FIELDS.has(name)) continue;
    if (seen.has(name)) throw new Problem('malformed-request', { detail: `The header ${name} came twice.` });
    seen.add(name);
  }
}

const DEFAULT_PORTS: Record<string, string> = { 'https:': ':443', 'http:': ':80' };

/** Asked by a supervisor, which knows an address only. */
const PROBED: ReadonlySet<string> = new Set(['/livez', '/readyz']);

/**
 * HT-15: the host of PUBLIC_URL, with its default port or without; where that is a loopback one, any of them. A page whose name was
 * pointed at this address (DNS rebinding) has the same origin as what it gets from here, so it must get nothing.
 */
function createHostCheck(publicUrl: string): Admission {
  const { host, hostname, port, protocol } = new URL(publicUrl);
  const isLocal = isLoopbackHost(host);
  const names = new Set(port === '' ? [host, hostname + (DEFAULT_PORTS[protocol] ?? '')] : [host]);
  const isOurs = (name: string): boolean => names.has(name) || (isLocal && isLoopbackHost(name));
  const advice = isLocal
    ? 'For another address, set PUBLIC_URL to it.'
    : 'A proxy in front has to pass the Host header on.';
  const detail = `Use ${publicUrl}. ${advice}`;
  /** Nearly every request names the same host, spelt the same way. */
  let accepted = host;
  return ({ headers: { host: name = '' } }, path) => {
    if (name === accepted || PROBED.has(path)) return;
    if (!isOurs(name.toLowerCase())) throw new Problem('misdirected-request', { detail });
    accepted = name;
  };
}

export function createAdmission(publicUrl: string): Admission {
  const assertHost = createHostCheck(publicUrl);
  return (request, path) => {
    assertSingleFields(request);
    assertHost(request, path);
  };
}
