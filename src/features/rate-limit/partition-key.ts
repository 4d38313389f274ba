// The keys that requests are counted by, and what an administrator may see of whom a key stands for.
import { createHmac } from 'node:crypto';
import { ipKeyGenerator } from 'express-rate-limit';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import type { Partition } from '#contract/quota.ts';

const IPV6_PREFIX = 64;

/** The part of an address that is one client: all of an IPv4 address, the first half of an IPv6 one. */
const clientOf = (address: string): string => (address.includes(':') ? ipKeyGenerator(address, IPV6_PREFIX) : address);

/** Of an address: the same for all that are one client. */
export type KeyOf = (partition: Partition, value: string) => string;

/** Whom a request counts for, by what is known of it. */
export type Keys = Readonly<Partial<Record<Partition, string>>>;

/** Values of each kind whose keys are remembered: a hash costs more than all of the counting. */
const REMEMBERED = 5_000;

/**
 * A key is not a place where an address can be read, nor found out by trying all of them, and is never longer than 22 characters (RL-10).
 * @param secret of this installation, so that all of its servers make the same keys
 */
export function createKeys(secret: Buffer): KeyOf {
  const known = new Map<Partition, LRUCache<string, string>>();

  function remember(partition: Partition): LRUCache<string, string> {
    const made = new LRUCache<string, string>({ max: REMEMBERED });
    known.set(partition, made);
    return made;
  }

  function makeKey(partition: Partition, value: string): string {
    const counted = partition === 'address' ? clientOf(value) : value;
    return createHmac('sha256', secret).update(`${partition} ${counted}`).digest('base64url').slice(0, 22);
  }

  return (partition, value) => {
    const keys = known.get(partition) ?? remember(partition);
    const found = keys.get(value);
    if (found !== undefined) return found;
    const key = makeKey(partition, value);
    keys.set(value, key);
    return key;
  };
}

/** `203.0.113.*`, `2001:db8:1:*`; anything else is no address. */
function maskAddress(address: string): string {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return address.replace(/\d+$/, '*');
  if (!ipaddr.IPv6.isValid(address)) return 'unknown';
  const { parts } = ipaddr.IPv6.parse(address);
  return `${parts
    .slice(0, 3)
    .map((part) => part.toString(16))
    .join(':')}:*`;
}

/** A user's id names nobody to who may not read users; an address does, and a session's id is half of a credential. */
export function maskPartition(partition: Partition, value: string, key: string): string {
  if (partition === 'address') return maskAddress(value);
  if (partition === 'user') return value;
  return partition === 'everyone' ? 'everyone' : `session ${key.slice(0, 8)}`;
}
