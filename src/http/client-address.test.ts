import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { call, signUp } from '../testing/personas.ts';
import { exchange } from '../testing/raw-http.ts';
import { useApplication } from '../testing/use-application.ts';
import { createClientAddress } from './client-address.ts';

/** The address that comes of a peer and an X-Forwarded-For, behind these proxies. */
function clientAddress(
  trusted: readonly string[],
  peer: string | undefined,
  forwarded?: string,
  other: Record<string, string> = {},
): string {
  const headers = { ...other, ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) };
  return createClientAddress(trusted)({ socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage);
}

const CLIENT = '203.0.113.9';
const PROXIES = ['10.0.0.0/8', '2001:db8:aaaa::/48'];

it('RL-04 a peer that is no trusted proxy is the client, whatever it says', () => {
  for (const forwarded of [
    undefined,
    '',
    '1.2.3.4',
    '127.0.0.1',
    '10.0.0.1',
    '::1',
    '1.2.3.4, 10.0.0.1',
    ',,,',
    'unknown',
  ])
    for (const trusted of [[], PROXIES, ['loopback']])
      expect(clientAddress(trusted, CLIENT, forwarded), forwarded).toBe(CLIENT);
});

it('RL-04 behind trusted proxies the client is the first from the right that is none of them', () => {
  expect(clientAddress(PROXIES, '10.0.0.1', CLIENT)).toBe(CLIENT);
  expect(clientAddress(PROXIES, '10.0.0.1', `${CLIENT}, 10.9.9.9, 10.0.0.7`)).toBe(CLIENT);
  expect(clientAddress(PROXIES, '10.0.0.1', `${CLIENT} ,\t10.9.9.9`)).toBe(CLIENT);
  expect(clientAddress(PROXIES, '2001:db8:aaaa::1', '2001:db8:bbbb::1')).toBe('2001:db8:bbbb::1');
});

it('RL-04 what stands further left was sent by the client and proves nothing', () => {
  for (const spoofed of ['1.2.3.4', '127.0.0.1', '10.0.0.1', '::1', 'localhost', `${CLIENT}, 10.0.0.1`])
    expect(clientAddress(PROXIES, '10.0.0.1', `${spoofed}, ${CLIENT}`), spoofed).toBe(CLIENT);
});

it('RL-04 other headers say nothing', () => {
  const names = [
    'x-real-ip',
    'forwarded',
    'cf-connecting-ip',
    'true-client-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-original-forwarded-for',
  ];
  for (const name of names)
    expect(clientAddress(PROXIES, '10.0.0.1', undefined, { [name]: '1.2.3.4' }), name).toBe('10.0.0.1');
});

it('RL-04 where a hop is no address, the last one that a proxy vouched for counts', () => {
  for (const garbage of [
    '',
    'unknown',
    '_hidden',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '010.0.0.1',
    '0x7f.1',
    '127.1',
    '2130706433',
    '1.2.3.4:80',
    '[::1]:80',
    '1.2.3.4\u0000',
    "1.2.3.4'",
    '<script>',
    '::ffff:1.2.3.4.5',
    'a'.repeat(5000),
  ])
    expect(clientAddress(PROXIES, '10.0.0.1', `${CLIENT}, ${garbage}, 10.0.0.2`), garbage).toBe('10.0.0.2');
});

it('RL-04 many hops, all trusted, end at the leftmost; no number of them fails', () => {
  const hops = Array.from({ length: 4000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  expect(clientAddress(PROXIES, '10.255.0.1', hops.join(','))).toBe('10.0.0.0');
  expect(clientAddress(PROXIES, '10.255.0.1', `${'1.2.3.4,'.repeat(4000)}${CLIENT}`)).toBe(CLIENT);
});

it('RL-05 an IPv4 address mapped into IPv6 is that IPv4 address, for the rule of trust too', () => {
  for (const mapped of [`::ffff:${CLIENT}`, '::ffff:cb00:7109', '::FFFF:203.0.113.9', '0:0:0:0:0:ffff:203.0.113.9']) {
    expect(clientAddress([], mapped)).toBe(CLIENT);
    expect(clientAddress(PROXIES, '10.0.0.1', mapped)).toBe(CLIENT);
  }
  expect(clientAddress(PROXIES, '::ffff:10.0.0.1', CLIENT)).toBe(CLIENT);
  expect(clientAddress(['loopback'], '::ffff:127.0.0.1', CLIENT)).toBe(CLIENT);
  expect(clientAddress(PROXIES, '::ffff:11.0.0.1', CLIENT)).toBe('11.0.0.1');
});

it('RL-05 one IPv6 address has one spelling', () => {
  for (const spelling of ['2001:db8::1', '2001:DB8::1', '2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8:0::0:1'])
    expect(clientAddress([], spelling)).toBe('2001:db8::1');
});

it('a connection that is gone has no address, and is trusted with nothing', () => {
  expect(clientAddress([], undefined)).toBe('unknown');
  expect(clientAddress(['loopback', ...PROXIES], undefined, CLIENT)).toBe('unknown');
});

describe('over HTTP, behind a proxy on this machine', () => {
  const app = useApplication();

  it('RL-04 the session knows the address that the proxy saw, not the one that the caller claims', async () => {
    const { url } = app();
    await signUp(app(), 'ada');
    const body = JSON.stringify({ identifier: 'ada', password: 'velvet harbour 42 lantern', transport: 'token' });
    for (const [fields, address] of [
      [[`X-Forwarded-For: 1.2.3.4, ${CLIENT}`], CLIENT],
      [['X-Forwarded-For: 1.2.3.4', `X-Forwarded-For: ${CLIENT}`], CLIENT],
      [[`X-Forwarded-For: ::ffff:${CLIENT}`], CLIENT],
      [['X-Real-IP: 1.2.3.4', 'Forwarded: for=1.2.3.4'], '127.0.0.1'],
      [[], '127.0.0.1'],
    ] as const) {
      const signedIn = await exchange(url, 'POST /api/auth/login', ['Content-Type: application/json', ...fields], body);
      const me = await call(app(), '/api/auth/me', { token: String(signedIn.json['accessToken']) });
      expect(me).toMatchObject({ status: 200, body: { session: { address } } });
    }
    expect(
      app()
        .logLines()
        .filter(({ msg, address }) => msg === 'request' && address === CLIENT),
    ).toHaveLength(3);
  });
});

describe('over HTTP, with no trusted proxy', () => {
  const app = useApplication({ config: { trustedProxies: [] } });

  it('RL-04 X-Forwarded-For is nobody’s word', async () => {
    await exchange(app().url, 'GET /api/none', [`X-Forwarded-For: ${CLIENT}`]);
    expect(
      app()
        .logLines()
        .filter(({ msg }) => msg === 'request'),
    ).toMatchObject([{ address: '127.0.0.1' }]);
    expect(app().logText()).not.toContain(CLIENT);
  });
});
