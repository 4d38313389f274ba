// The client's address behind the trusted proxies.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';

/** `::ffff:192.0.2.1` and `192.0.2.1` are one client (RL-05). Undefined for what is no address. */
export function canonicalAddress(text: string): string | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toString();
}

/** Who is at the other end of the connection. */
export function peerAddress({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string {
  return canonicalAddress(remoteAddress) ?? 'unknown';
}

/**
 * X-Forwarded-For is read from the right: each trusted proxy appended the peer it saw, so the first address from the right
 * that is not a trusted proxy is the client. What stands further left was sent by the client and proves nothing (RL-04).
 * @param trustedProxies addresses, networks and names of proxy-addr, such as `loopback`
 */
export function createClientAddress(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  /** A connection's peer stays the same; reading its address anew took a fifteenth of a whole request. */
  const peers = new WeakMap<Socket, string>();
  function peerOf(socket: Socket): string {
    const peer = peers.get(socket) ?? peerAddress(socket);
    peers.set(socket, peer);
    return peer;
  }
  return (request) => {
    let client = peerOf(request.socket);
    const forwarded = request.headers['x-forwarded-for'];
    if (typeof forwarded !== 'string') return client;
    const hops = forwarded.split(',').toReversed();
    for (const [index, hop] of hops.entries()) {
      if (!isTrusted(client, index)) return client;
      const next = canonicalAddress(hop.trim());
      if (next === undefined) return client;
      client = next;
    }
    return client;
  };
}
