// From what was observed to what is wrong.
import type { ProxyFinding, Remedy } from '#contract/proxy.ts';
import type { ForwardingHeader } from '../../http/client-address.ts';
import type { Observed, ObservedClient, ObservedPeer } from './observations.ts';
import { believeOuterProxy, passAddressOn, trustOuterProxy, trustOuterProxyAlone, trustPeer } from './remedies.ts';
import type { ProxySettings } from './remedies.ts';

const LEAST_REQUESTS = 20;
const LEAST_USERS = 3;
const LEAST_SIGNED_IN = 6;

/** More would bury the first. */
const MOST_FINDINGS = 10;

const headerNames: Record<ForwardingHeader, string> = {
  'x-forwarded-for': 'X-Forwarded-For',
  forwarded: 'Forwarded',
  'x-real-ip': 'X-Real-IP',
  'cf-connecting-ip': 'CF-Connecting-IP',
  'true-client-ip': 'True-Client-IP',
  'x-client-ip': 'X-Client-IP',
};

/** A stranger may send what they like; only where most requests come like that is it a proxy, and not somebody who lies. */
function isForwarder({ range, forwarded }: ObservedPeer, requests: number): boolean {
  if (forwarded === 0) return false;
  return range !== 'public' || (requests >= LEAST_REQUESTS && forwarded * 2 >= requests);
}

function describeForwarder(peer: ObservedPeer, { requests }: Observed, settings: ProxySettings): ProxyFinding {
  const { address, forwarded, headers } = peer;
  const names = [...headers].map((name) => headerNames[name]).join(', ');
  const isRead = headers.has('x-forwarded-for');
  const reason = isRead
    ? 'which is not believed because this address is not in TRUSTED_PROXIES'
    : 'which is never read, and without X-Forwarded-For';
  return {
    kind: 'untrusted-forwarder',
    peer: address,
    requests: forwarded,
    ofRequests: requests,
    detail: `${forwarded} of ${requests} requests came from ${address} with ${names}, ${reason}: if a proxy is there, everybody behind it counts as one client.`,
    remedies: [...trustPeer(address, settings), ...(isRead ? [] : passAddressOn(address, settings))],
  };
}

/** Why users share an address depends on who told it, and on whether that address is trusted already. */
function causeOf({ address, isPeer, isTrusted }: ObservedClient, settings: ProxySettings): [string, Remedy[]] {
  if (isPeer)
    return [
      'a proxy there does not pass its clients’ addresses on',
      [...passAddressOn(address, settings), ...(isTrusted ? [] : trustPeer(address, settings))],
    ];
  if (isTrusted)
    return [
      'a proxy there does not pass its clients’ addresses on, or the one behind it does not trust it',
      [trustOuterProxy(address), ...believeOuterProxy(address)],
    ];
  return [
    'another proxy is there, and is not in TRUSTED_PROXIES',
    [trustOuterProxyAlone(address, settings), trustOuterProxy(address), ...believeOuterProxy(address)],
  ];
}

function isShared(client: ObservedClient, signedIn: number, { mode }: ProxySettings): boolean {
  if (client.range === 'loopback' && mode === 'local') return false;
  return client.users.size >= LEAST_USERS && signedIn >= LEAST_SIGNED_IN && client.signedIn * 2 > signedIn;
}

function describeShared(client: ObservedClient, { signedIn }: Observed, settings: ProxySettings): ProxyFinding {
  const { address, users } = client;
  const [cause, remedies] = causeOf(client, settings);
  return {
    kind: 'shared-client',
    peer: address,
    requests: client.signedIn,
    ofRequests: signedIn,
    users: users.size,
    detail: `${client.signedIn} of ${signedIn} signed-in requests, of ${users.size} users, came from ${address}, whose limits they share: ${cause}.`,
    remedies,
  };
}

/** The most telling first. */
export function diagnose(observed: Observed, settings: ProxySettings): ProxyFinding[] {
  const forwarders = observed.peers
    .filter((peer) => isForwarder(peer, observed.requests))
    .sort((one, other) => other.forwarded - one.forwarded);
  // Whose header is not believed is shared for that very reason: one cause, one finding.
  const explained = new Set(forwarders.map(({ address }) => address));
  const shared = observed.clients.filter(
    (client) => isShared(client, observed.signedIn, settings) && !(client.isPeer && explained.has(client.address)),
  );
  return [
    ...shared.map((client) => describeShared(client, observed, settings)),
    ...forwarders.map((peer) => describeForwarder(peer, observed, settings)),
  ].slice(0, MOST_FINDINGS);
}
