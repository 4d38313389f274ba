// The client's address behind the trusted proxies.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';
import type { ProxyChain } from '#contract/limits.ts';
import { isLoopbackAddress } from '../security/loopback.ts';

/** `::ffff:192.0.2.1` and `192.0.2.1` are one client (RL-05). Undefined for what is no address. */
export function canonicalAddress(text: string): string | undefined {
  // Written anew: a part of a header field would keep the whole of it in memory, for as long as the address is kept.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text).toString();
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toString();
}

/** Who is at the other end of the connection. */
export function peerAddress({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string {
  return canonicalAddress(remoteAddress) ?? 'unknown';
}

const FORWARDING_HEADERS = [
  'x-forwarded-for',
  'forwarded',
  'x-real-ip',
  'cf-connecting-ip',
  'true-client-ip',
  'x-client-ip',
] as const;

export type ForwardingHeader = (typeof FORWARDING_HEADERS)[number];

/** Which of the headers came that say where a request is from. Only X-Forwarded-For is ever read. */
export function forwardingHeaders(headers: IncomingMessage['headers']): ForwardingHeader[] {
  return FORWARDING_HEADERS.filter((name) => headers[name] !== undefined);
}

/** What proxies add: a request without any of them is its sender's own. */
const SIGNS_OF_A_PROXY = [
  ...FORWARDING_HEADERS,
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'via',
] as const;

/** What an administrator is shown of a chain: the nearest entries, without control characters. */
const LONGEST_CHAIN = 10;
const LONGEST_ENTRY = 64;

const printable = (entry: string): string =>
  entry
    .replaceAll(/\p{Cc}/gu, '')
    .trim()
    .slice(0, LONGEST_ENTRY);

export interface ClientAddress {
  of(request: IncomingMessage): string;
  peerOf(request: IncomingMessage): string;
  isTrusted(address: string): boolean;
  chainOf(request: IncomingMessage): ProxyChain;
  /**
   * Whether whoever asks is on this machine. What was forwarded is not, also where the proxy that did it is on this machine and not trusted, so
   * that everybody has its address; nor does a header field make anybody local.
   */
  isLocal(request: IncomingMessage): boolean;
  /**
   * Whether this machine, or a trusted proxy, asks for itself, as their health checks do, and passes nobody's request on. Strangers are not
   * trusted, whatever they write; and what a trusted proxy forwards says so.
   */
  isForItself(request: IncomingMessage): boolean;
}

/** The entries of X-Forwarded-For from the right: each trusted proxy appended the peer it saw. */
function entriesOf({ headers }: IncomingMessage): string[] {
  const forwarded = headers['x-forwarded-for'];
  return typeof forwarded === 'string' ? forwarded.split(',').toReversed() : [];
}

/**
 * X-Forwarded-For is read from the right: each trusted proxy appended the peer it saw, so the first address from the right
 * that is not a trusted proxy is the client. What stands further left was sent by the client and proves nothing (RL-04).
 * @param trustedProxies addresses, networks and names of proxy-addr, such as `loopback`
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trust = proxyAddr.compile([...trustedProxies]);
  const isTrusted = (address: string): boolean => trust(address, 0);
  /** A connection's peer stays the same; reading its address anew took a fifteenth of a whole request. */
  const peers = new WeakMap<Socket, string>();
  function peerOf({ socket }: IncomingMessage): string {
    const peer = peers.get(socket) ?? peerAddress(socket);
    peers.set(socket, peer);
    return peer;
  }

  /** @param onHop told of each address that was believed, from the right */
  function walk(request: IncomingMessage, entries: readonly string[], onHop?: (address: string) => void): string {
    let client = peerOf(request);
    for (const entry of entries) {
      if (!isTrusted(client)) return client;
      const next = canonicalAddress(entry.trim());
      if (next === undefined) return client;
      client = next;
      onHop?.(client);
    }
    return client;
  }

  function isOwnMachine(request: IncomingMessage): boolean {
    const peer = peerOf(request);
    return isLoopbackAddress(peer) || peer === canonicalAddress(request.socket.localAddress ?? '');
  }

  return {
    peerOf,
    isTrusted,
    isLocal: (request) => isOwnMachine(request) && forwardingHeaders(request.headers).length === 0,
    isForItself: (request) =>
      (isOwnMachine(request) || isTrusted(peerOf(request))) &&
      SIGNS_OF_A_PROXY.every((name) => request.headers[name] === undefined),
    of: (request) =>
      request.headers['x-forwarded-for'] === undefined ? peerOf(request) : walk(request, entriesOf(request)),
    chainOf(request) {
      const peer = peerOf(request);
      const entries = entriesOf(request);
      const believed: string[] = [];
      const client = walk(request, entries, (address) => believed.push(address));
      const ignored = entries.slice(believed.length).map(printable);
      return {
        peer,
        isPeerTrusted: isTrusted(peer),
        hops: believed.slice(0, LONGEST_CHAIN).map((address) => ({ address, isTrusted: isTrusted(address) })),
        client,
        ignored: ignored.filter((entry) => entry !== '').slice(0, LONGEST_CHAIN),
        forwardedBy: forwardingHeaders(request.headers),
      };
    },
  };
}
