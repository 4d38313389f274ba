import type { Remedy } from '#contract/proxy.ts';

/** What the remedies depend on besides the address. */
export interface ProxySettings {
  trustedProxies: readonly string[];
  mode: 'local' | 'production';
  /** Where this server listens. */
  port: number;
}

const listWith = ({ trustedProxies }: ProxySettings, address: string): string => [...trustedProxies, address].join(',');

const networkOf = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

/** A peer that nobody trusts yet. */
export const trustPeer = (peer: string, settings: ProxySettings): Remedy[] => [
  {
    for: 'gatehouse',
    line: `TRUSTED_PROXIES=${listWith(settings, peer)}`,
    where:
      'in the server’s environment or .env, if a proxy of yours has this address and nobody else can; then restart',
  },
  {
    for: 'compose',
    line: `TRUSTED_PROXIES: "${listWith(settings, peer)}"`,
    where: 'the same under environment: of the server’s service, in a Compose file of your own',
  },
];

/**
 * A proxy before a trusted one. In this repository's stack the list is Nginx's, and the server trusts the whole SUBNET: its own list
 * must not get into the env file, or every container could say where a request came from.
 */
export const trustOuterProxy = (address: string): Remedy => ({
  for: 'compose',
  line: `TRUSTED_PROXIES=${address}`,
  where:
    'in the env file of this repository’s Compose stack (.env or .env.production), after what is there, with a comma; then docker compose up -d',
});

export const trustOuterProxyAlone = (address: string, settings: ProxySettings): Remedy => ({
  for: 'gatehouse',
  line: `TRUSTED_PROXIES=${listWith(settings, address)}`,
  where:
    'in the environment of a server that runs without this repository’s Nginx, if a proxy of yours has this address; then restart',
});

/** For a proxy that says nothing, or under a name that nobody reads. */
export const passAddressOn = (address: string, { port }: ProxySettings): Remedy[] => [
  {
    for: 'nginx',
    line: 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    where: `in the location that has proxy_pass, where Nginx is at ${address}`,
  },
  {
    for: 'caddy',
    line: `reverse_proxy 127.0.0.1:${port}`,
    where: `passes it on by itself, to here or wherever it goes now: at ${address} take out what changes it, such as header_up -X-Forwarded-For`,
  },
];

/** For the proxies between an outer one and this server: unless they trust it, they drop what it says. */
export const believeOuterProxy = (address: string): Remedy[] => [
  {
    for: 'nginx',
    line: 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    where: `in the location that has proxy_pass, where Nginx is at ${address} and in each Nginx behind it`,
  },
  {
    for: 'caddy',
    line: `trusted_proxies static ${networkOf(address)}`,
    where: `in the global options, within servers { }, of a Caddy behind ${address}`,
  },
  {
    for: 'traefik',
    line: `--entryPoints.websecure.forwardedHeaders.trustedIPs=${address}`,
    where: `in the command of a Traefik behind ${address}, for each of its entry points; after what is there, with a comma`,
  },
];
