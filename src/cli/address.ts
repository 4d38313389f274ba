// Where the server of this configuration is reached from the machine, or the container, that it runs on.
import { isIPv6 } from 'node:net';
import type { Config } from '../config/index.ts';

/** A server that listens on all addresses listens on this one. */
export const serverHost = ({ host }: Pick<Config, 'host'>): string =>
  host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;

export function serverUrl(config: Pick<Config, 'host' | 'port'>): string {
  const host = serverHost(config);
  return `http://${isIPv6(host) ? `[${host}]` : host}:${config.port}`;
}
