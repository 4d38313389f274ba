// What the last minutes showed of the way requests come: by which peers, with which headers, and for how many users. Counted in
// the process, in bounded memory; what it means is somebody else's to say.
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { forwardingHeaders } from '../../http/client-address.ts';
import type { ClientAddress, ForwardingHeader } from '../../http/client-address.ts';
import type { RequestObserver } from '../../http/request-observer.ts';
import { isLoopbackAddress } from '../../security/loopback.ts';

export type AddressRange = 'loopback' | 'private' | 'public';

export interface ObservedPeer {
  address: string;
  range: AddressRange;
  isTrusted: boolean;
  requests: number;
  /** Those that carried a forwarding header although the peer is not trusted. */
  forwarded: number;
  /** Which headers those carried. */
  headers: Set<ForwardingHeader>;
}

/** A client's address that is private or loopback, once somebody signed in has used it. */
export interface ObservedClient {
  address: string;
  range: AddressRange;
  isTrusted: boolean;
  /** It was the connection's own peer, not told by a trusted proxy. */
  isPeer: boolean;
  signedIn: number;
  /** At most 50 for each of the two buckets. */
  users: Set<string>;
}

export interface Observed {
  /** Whole minutes that the numbers cover: 20 at most. */
  minutes: number;
  requests: number;
  /** Requests of signed-in users, wherever they came from. */
  signedIn: number;
  peers: ObservedPeer[];
  clients: ObservedClient[];
}

export interface ProxyObservations extends RequestObserver {
  read(): Observed;
  /** Has something done once a minute at most, on a request; there is no timer. */
  eachMinute(act: () => void): void;
}

const BUCKET_MS = 10 * 60 * 1000;
const MINUTE_MS = 60 * 1000;
const MOST_ADDRESSES = 100;
const MOST_USERS = 50;

interface Bucket {
  startedAt: number;
  requests: number;
  signedIn: number;
  peers: LRUCache<string, ObservedPeer>;
  clients: LRUCache<string, ObservedClient>;
}

const createBucket = (startedAt: number): Bucket => ({
  startedAt,
  requests: 0,
  signedIn: 0,
  peers: new LRUCache({ max: MOST_ADDRESSES }),
  clients: new LRUCache({ max: MOST_ADDRESSES }),
});

const PRIVATE_RANGES = new Set(['private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat']);

/** What cannot be in any of them by how it begins is most of what comes. */
const MAY_BE_PRIVATE = /^(?:(?:10|100|127|169|172|192)\.|f|::1$)/;

function readRange(address: string): AddressRange {
  if (isLoopbackAddress(address)) return 'loopback';
  return ipaddr.isValid(address) && PRIVATE_RANGES.has(ipaddr.parse(address).range()) ? 'private' : 'public';
}

/** Reading an address costs more than all the counting, so the others that were seen last are remembered. */
function createRangeOf(): (address: string) => AddressRange {
  const known = new LRUCache<string, AddressRange>({ max: 1000 });
  return (address) => {
    if (!MAY_BE_PRIVATE.test(address)) return 'public';
    const before = known.get(address);
    if (before !== undefined) return before;
    const range = readRange(address);
    known.set(address, range);
    return range;
  };
}

interface Judge {
  isTrusted: (address: string) => boolean;
  rangeOf: (address: string) => AddressRange;
}

function peerIn({ peers }: Bucket, address: string, { isTrusted, rangeOf }: Judge): ObservedPeer {
  const known = peers.get(address);
  if (known !== undefined) return known;
  const about = { address, range: rangeOf(address), isTrusted: isTrusted(address) };
  const peer: ObservedPeer = { ...about, requests: 0, forwarded: 0, headers: new Set() };
  peers.set(address, peer);
  return peer;
}

function clientIn({ clients }: Bucket, address: string, { isTrusted, rangeOf }: Judge): ObservedClient {
  const known = clients.get(address);
  if (known !== undefined) return known;
  const about = { address, range: rangeOf(address), isTrusted: isTrusted(address) };
  const client: ObservedClient = { ...about, isPeer: false, signedIn: 0, users: new Set() };
  clients.set(address, client);
  return client;
}

function mergePeers(buckets: readonly Bucket[]): ObservedPeer[] {
  const merged = new Map<string, ObservedPeer>();
  for (const peer of buckets.flatMap((bucket) => [...bucket.peers.values()])) {
    const known = merged.get(peer.address) ?? { ...peer, requests: 0, forwarded: 0, headers: new Set() };
    known.requests += peer.requests;
    known.forwarded += peer.forwarded;
    for (const name of peer.headers) known.headers.add(name);
    merged.set(peer.address, known);
  }
  return [...merged.values()];
}

function mergeClients(buckets: readonly Bucket[]): ObservedClient[] {
  const merged = new Map<string, ObservedClient>();
  for (const client of buckets.flatMap((bucket) => [...bucket.clients.values()])) {
    const known = merged.get(client.address) ?? { ...client, signedIn: 0, users: new Set() };
    known.signedIn += client.signedIn;
    for (const user of client.users) known.users.add(user);
    known.isPeer ||= client.isPeer;
    merged.set(client.address, known);
  }
  return [...merged.values()];
}

const sum = (buckets: readonly Bucket[], name: 'requests' | 'signedIn'): number =>
  buckets.reduce((total, bucket) => total + bucket[name], 0);

interface Parts {
  clientAddress: Pick<ClientAddress, 'peerOf' | 'isTrusted'>;
  now: () => number;
}

export function createProxyObservations({ clientAddress, now }: Parts): ProxyObservations {
  const judge: Judge = { isTrusted: clientAddress.isTrusted, rangeOf: createRangeOf() };
  const startedAt = now();
  let current = createBucket(startedAt);
  let previous: Bucket | undefined;
  let looksAt = 0;
  let look = (): void => {};

  /** The bucket of this moment. They begin every ten minutes, so that nothing is told of for longer than twenty. */
  function bucketAt(moment: number): Bucket {
    const passed = Math.floor((moment - current.startedAt) / BUCKET_MS);
    if (passed < 1) return current;
    previous = passed === 1 ? current : undefined;
    current = createBucket(current.startedAt + passed * BUCKET_MS);
    return current;
  }

  return {
    observe(request) {
      const moment = now();
      const bucket = bucketAt(moment);
      bucket.requests += 1;
      const peer = peerIn(bucket, clientAddress.peerOf(request), judge);
      peer.requests += 1;
      if (!peer.isTrusted) {
        const headers = forwardingHeaders(request.headers);
        if (headers.length > 0) peer.forwarded += 1;
        for (const name of headers) peer.headers.add(name);
      }
      if (moment < looksAt) return;
      looksAt = moment + MINUTE_MS;
      look();
    },
    observeUser(address, isPeer, userId) {
      const bucket = bucketAt(now());
      bucket.signedIn += 1;
      if (judge.rangeOf(address) === 'public') return;
      const client = clientIn(bucket, address, judge);
      client.signedIn += 1;
      client.isPeer ||= isPeer;
      if (client.users.size < MOST_USERS) client.users.add(userId);
    },
    read() {
      const moment = now();
      const buckets = [bucketAt(moment), ...(previous === undefined ? [] : [previous])];
      const since = Math.max(startedAt, current.startedAt - BUCKET_MS);
      return {
        minutes: Math.floor((moment - since) / MINUTE_MS),
        requests: sum(buckets, 'requests'),
        signedIn: sum(buckets, 'signedIn'),
        peers: mergePeers(buckets),
        clients: mergeClients(buckets),
      };
    },
    eachMinute(act) {
      look = act;
    },
  };
}
