// By which names this server may be addressed.
import type { RequestHandler } from 'express';
import { Problem } from '#contract/problem.ts';
import { isLoopbackHost } from '../security/loopback.ts';
import { contextOf } from './context.ts';

const DEFAULT_PORTS: Record<string, string> = { 'https:': ':443', 'http:': ':80' };

/** Asked by a supervisor, which knows an address only. */
const PROBED: ReadonlySet<string> = new Set(['/livez', '/readyz']);

/**
 * HT-15: the host of PUBLIC_URL, with its default port or without; where that is a loopback one, any of them. A page whose name was
 * pointed at this address (DNS rebinding) has the same origin as what it gets from here, so it must get nothing.
 */
export function createHostCheck(publicUrl: string): RequestHandler {
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
  return (request, response, next) => {
    const name = request.headers.host ?? '';
    if (name === accepted || PROBED.has(contextOf(response).path)) return next();
    if (!isOurs(name.toLowerCase())) return next(new Problem('misdirected-request', { detail }));
    accepted = name;
    return next();
  };
}
