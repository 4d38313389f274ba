// Where the server listens, how people reach it, and whom it believes about their addresses.
import { createServer } from 'node:net';
import path from 'node:path';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';
import { z } from 'zod';
import { isLoopbackHostName } from '../security/loopback.ts';
import { defineSection, list, variable, wholeNumber } from './section.ts';
import type { Basis, Report } from './section.ts';

export interface ServerConfig extends Basis {
  /** Origin without a trailing slash; also the issuer and audience of access tokens. */
  readonly publicUrl: string;
  readonly host: string;
  readonly port: number;
  /** Addresses and networks, or names that proxy-addr knows (`loopback`). */
  readonly trustedProxies: readonly string[];
}

function readPublicUrl(text: string, report: Report): { publicUrl: string; mode: Basis['mode'] } {
  const modeOf = (url: URL | null): Basis['mode'] => (url && isLoopbackHostName(url.hostname) ? 'local' : 'production');
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    report(`PUBLIC_URL: "${text}" is not an address such as https://auth.example.org or http://localhost:3000.`);
    return { publicUrl: text, mode: modeOf(URL.parse(`http://${text}`)) }; // `localhost:3000` has the scheme "localhost:"
  }
  const mode = modeOf(url);
  if (url.pathname !== '/' || url.search || url.hash || url.username || url.password)
    report(`PUBLIC_URL: give only scheme, host and port, such as ${url.origin}.`);
  if (mode === 'production' && url.protocol === 'http:')
    report(
      'PUBLIC_URL: plain http works on localhost only (a browser gives such a page no secure cookie, no locks and no cryptography). Use https.',
    );
  return { publicUrl: url.origin, mode };
}

function faultOfProxy(entry: string): string | undefined {
  const [address = '', bits] = entry.split('/');
  const known = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  if (!known || (bits !== undefined && !ipaddr.isValidCIDR(entry)))
    return `"${entry}" is neither an address nor a network nor "loopback"`;
  if (Number(bits) === 0) return `"${entry}" is everybody: anyone could then choose the address that is counted`;
  // RL-06: `::ffff:10.0.0.0/8` would be read as a network of all IPv4 addresses.
  if (ipaddr.IPv6.isValid(address) && ipaddr.IPv6.parse(address).isIPv4MappedAddress())
    return `write "${entry}" as an IPv4 address or network`;
  try {
    proxyAddr.compile([entry]); // as it will be read: forms that one library takes are not all known to the other
  } catch {
    return `"${entry}" cannot be read; write the address in its usual form`;
  }
  return undefined;
}

function readTrustedProxies(entries: readonly string[], report: Report): readonly string[] {
  if (entries.length === 1 && entries[0] === 'none') return [];
  for (const entry of entries) {
    const fault = entry === 'loopback' ? undefined : faultOfProxy(entry);
    if (fault !== undefined) report(`TRUSTED_PROXIES: ${fault}.`);
  }
  return entries;
}

/** The code of the error that listening there meets; undefined where it can be done. */
function faultOfListening(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const listener = createServer();
    listener.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    listener.listen(port, host, () => listener.close(() => resolve(undefined)));
  });
}

const FIRST_UNPRIVILEGED_PORT = 1024;

/** That a port is in use is no fault of the configuration: a server may be running with it. */
async function probeListening({ host, port }: ServerConfig, report: Report): Promise<void> {
  const fault = await faultOfListening(host, 0);
  if (fault === 'EADDRNOTAVAIL')
    report(`HOST: ${host} is not an address of this machine; set it to one, or to 0.0.0.0 for all.`);
  else if (fault !== undefined) report(`HOST: "${host.slice(0, 100)}" cannot be listened on (${fault}).`);
  if (fault !== undefined || port >= FIRST_UNPRIVILEGED_PORT) return;
  if ((await faultOfListening(host, port)) === 'EACCES')
    report(`PORT: ${port} needs rights that this process does not have; set it to one from 1024 on.`);
}

export const server = defineSection({
  variables: {
    PORT: variable(wholeNumber(1, 65535).prefault('3000'), {
      description: 'Port to listen on.',
    }),
    HOST: variable(z.string().optional(), {
      description: 'Address to listen on.',
      default: '`127.0.0.1` in local mode, `0.0.0.0` in production',
    }),
    PUBLIC_URL: variable(z.string().optional(), {
      description:
        'The address people use; requests that name another host are answered 421, but for health checks. A loopback host means local mode, where any loopback host is taken; `https://` means production; plain http on another host is refused.',
      default: '`http://localhost:PORT`',
    }),
    TRUSTED_PROXIES: variable(list().prefault('loopback'), {
      description:
        'Addresses and networks whose `X-Forwarded-For` is believed, with commas; `loopback`; `none` trusts nobody.',
    }),
    DATA_DIR: variable(z.string().prefault('./data'), {
      description: 'Folder for the SQLite file, the generated secret and the set-up link.',
    }),
  },
  read(values, report): ServerConfig {
    const { publicUrl, mode } = readPublicUrl(values.PUBLIC_URL ?? `http://localhost:${values.PORT}`, report);
    return {
      mode,
      publicUrl,
      host: values.HOST ?? (mode === 'local' ? '127.0.0.1' : '0.0.0.0'),
      port: values.PORT,
      trustedProxies: readTrustedProxies(values.TRUSTED_PROXIES, report),
      dataDir: path.resolve(values.DATA_DIR),
    };
  },
  probe: probeListening,
});
