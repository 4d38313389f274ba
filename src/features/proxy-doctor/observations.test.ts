import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { createClientAddress } from '../../http/client-address.ts';
import { createProxyObservations } from './observations.ts';

const MINUTE = 60_000;

function observe() {
  let moment = Date.now();
  const clientAddress = createClientAddress(['10.255.0.1']);
  const observations = createProxyObservations({ clientAddress, now: () => moment });
  return {
    ...observations,
    advance: (milliseconds: number) => (moment += milliseconds),
    from: (peer: string, headers: Record<string, string> = {}) =>
      observations.observe({ socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage),
  };
}

const address = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

it('10 000 peers, clients and users take the room of some hundred; the counts of all stay right', () => {
  const { from, observeUser, advance, read } = observe();
  for (const _bucket of [1, 2]) {
    for (let index = 0; index < 10_000; index += 1) {
      from(address(index), { 'x-forwarded-for': '192.0.2.1' });
      observeUser(address(index), true, `user ${index}`);
      observeUser('10.0.0.1', true, `user ${index}`);
      observeUser(`fd00::${index.toString(16)}`, true, 'user');
    }
    advance(10 * MINUTE);
  }
  advance(-1);
  const { requests, signedIn, peers, clients } = read();
  expect({ requests, signedIn }).toEqual({ requests: 20_000, signedIn: 60_000 });
  expect(peers).toHaveLength(100);
  expect(clients).toHaveLength(100);
  expect(Math.max(...clients.map(({ users }) => users.size))).toBe(50);
  expect(clients.find((client) => client.address === '10.0.0.1')).toMatchObject({ signedIn: 20_002 });
});

it('a peer that goes on asking is not pushed out by those that come once', () => {
  const { from, read } = observe();
  for (let index = 0; index < 10_000; index += 1) {
    from(address(index));
    from('192.168.0.1', { 'x-real-ip': '192.0.2.1' });
  }
  expect(read().peers.find((peer) => peer.address === '192.168.0.1')).toMatchObject({ forwarded: 10_000 });
});

it('what a trusted peer forwards is as it should be', () => {
  const { from, read } = observe();
  from('10.255.0.1', { 'x-forwarded-for': '192.0.2.1' });
  from('::ffff:10.255.0.1', { 'x-forwarded-for': '192.0.2.1' });
  expect(read().peers).toMatchObject([{ address: '10.255.0.1', isTrusted: true, requests: 2, forwarded: 0 }]);
});

it('of two buckets the older one goes every ten minutes, also where nobody asked meanwhile', () => {
  const { from, advance, read } = observe();
  from('192.168.0.1');
  advance(15 * MINUTE);
  from('192.168.0.2');
  expect(read()).toMatchObject({ minutes: 15, requests: 2, peers: [{}, {}] });
  advance(5 * MINUTE);
  expect(read()).toMatchObject({ minutes: 10, requests: 1, peers: [{ address: '192.168.0.2' }] });
  advance(60 * MINUTE);
  expect(read()).toMatchObject({ minutes: 10, requests: 0, peers: [] });
});

it.each([
  ['private', ['10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.0.1', '100.64.0.1', 'fd00::1', 'fe80::1']],
  ['loopback', ['127.0.0.1', '127.8.8.8', '::1']],
  [
    'public',
    ['203.0.113.9', '11.0.0.1', '172.32.0.1', '192.0.2.1', '100.128.0.1', '2001:db8::1', 'ff02::1', 'unknown'],
  ],
])('%s addresses', (range, addresses) => {
  const { observeUser, read } = observe();
  for (const one of addresses) observeUser(one, false, 'user');
  const { clients, signedIn } = read();
  expect(signedIn).toBe(addresses.length);
  expect(Object.fromEntries(clients.map((client) => [client.address, client.range]))).toEqual(
    range === 'public' ? {} : Object.fromEntries(addresses.map((one) => [one, range])),
  );
});
