import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { defineEndpoint } from '#contract/endpoint.ts';
import { call, signUp } from '../testing/personas.ts';
import { exchange } from '../testing/raw-http.ts';
import { startServer } from '../testing/start-server.ts';
import { useApplication } from '../testing/use-application.ts';
import { createClientAddress } from './client-address.ts';
import { answer, route } from './route.ts';

/** The address that comes of a peer and an X-Forwarded-For, behind these proxies. */
function clientAddress(
  trusted: readonly string[],
  peer: string | undefined,
  forwarded?: string,
  other: Record<string, string> = {},
): string {
  const headers = { ...other, ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) };
  return createClientAddress(trusted).of({ socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage);
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

describe('the chain of a request', () => {
  const chainOf = (trusted: readonly string[], peer: string, headers: Record<string, string>) =>
    createClientAddress(trusted).chainOf({ socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage);

  it('RL-04 tells what was believed from the right, whom it ended at, and what was not', () => {
    const forwarded = `1.2.3.4, 10.9.9.8, ${CLIENT}, ::ffff:10.9.9.9,10.0.0.7`;
    expect(chainOf(PROXIES, '::ffff:10.0.0.1', { 'x-forwarded-for': forwarded, 'x-real-ip': CLIENT })).toEqual({
      peer: '10.0.0.1',
      isPeerTrusted: true,
      hops: [
        { address: '10.0.0.7', isTrusted: true },
        { address: '10.9.9.9', isTrusted: true },
        { address: CLIENT, isTrusted: false },
      ],
      client: CLIENT,
      ignored: ['10.9.9.8', '1.2.3.4'],
      forwardedBy: ['x-forwarded-for', 'x-real-ip'],
    });
  });

  it('RL-04 believes nothing of a peer that is not trusted, and names the headers that came', () => {
    const others = ['forwarded', 'x-real-ip', 'cf-connecting-ip', 'true-client-ip', 'x-client-ip'];
    const headers = Object.fromEntries(['x-forwarded-for', ...others].map((name) => [name, '1.2.3.4, 10.0.0.1']));
    expect(chainOf(PROXIES, CLIENT, headers)).toEqual({
      peer: CLIENT,
      isPeerTrusted: false,
      hops: [],
      client: CLIENT,
      ignored: ['10.0.0.1', '1.2.3.4'],
      forwardedBy: ['x-forwarded-for', ...others],
    });
    expect(chainOf(PROXIES, CLIENT, {})).toMatchObject({ hops: [], ignored: [], forwardedBy: [], client: CLIENT });
  });

  it('what a stranger sent is short and harmless: ten entries of 64 characters, no control characters', () => {
    const { ignored, hops } = chainOf(PROXIES, '10.0.0.1', {
      'x-forwarded-for': `${'x,'.repeat(4000)} a\u001b[31m\u0000b\u009b ,, \t ,${'y'.repeat(5000)},${CLIENT}`,
    });
    expect(hops).toEqual([{ address: CLIENT, isTrusted: false }]);
    expect(ignored).toEqual(['y'.repeat(64), 'a[31mb', ...Array<string>(8).fill('x')]);
    const many = chainOf(PROXIES, '10.0.0.1', { 'x-forwarded-for': '10.0.0.2,'.repeat(4000) + CLIENT });
    expect(many.hops).toHaveLength(1);
    const inside = chainOf(PROXIES, '10.0.0.1', { 'x-forwarded-for': `10.0.0.3${',10.0.0.2'.repeat(4000)}` });
    expect(inside).toMatchObject({ client: '10.0.0.3', ignored: [] });
    expect(inside.hops).toHaveLength(10);
  });

  it('is at hand wherever a request is handled', async () => {
    const endpoint = defineEndpoint({
      ...{ name: 'getChain', method: 'GET', path: '/api/chain', access: 'public', quota: 'none', problems: [] },
      ...{ tag: 'Test', summary: 'A test', description: 'A test.' },
      answers: { 200: z.object({ client: z.string(), ignored: z.array(z.string()) }) },
    });
    const { url } = await startServer({
      routes: [
        route(endpoint, async ({ context }) =>
          answer(200, { ...context.proxyChain(), ignored: [...context.proxyChain().ignored] }),
        ),
      ],
    });
    const { json } = await exchange(url, 'GET /api/chain', [`X-Forwarded-For: 1.2.3.4, ${CLIENT}`]);
    expect(json).toEqual({ client: CLIENT, ignored: ['1.2.3.4'] });
  });
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
