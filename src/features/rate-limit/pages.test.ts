import { expect, it, vi } from 'vitest';
import { quotaPolicies } from '#contract/quota.ts';
import type { Config } from '../../config/index.ts';
import { ask as askApi, from, listed, read, release, startWithRoot } from '../../testing/limits.ts';
import { call, refusal } from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { connectFrom } from '../../testing/peer.ts';
import { describeEachApplication, UNLIMITED } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';

const withPages = (pages: Config['quotas']['pages'], config: Partial<Config> = {}) => ({
  config: { ...config, quotas: { ...UNLIMITED, ...config.quotas, pages } },
});

const visit = (app: TestApplication, address: string, path = '/sign-in', method = 'GET'): Promise<Answer> =>
  call(app, path, from(address, { method }));

const REFERENCE = ['/api/docs', '/api/docs/assets/swagger-ui.css', '/api/docs/assets/reference.js'];

const COUNTED = [
  ...['/', '/sign-in', '/favicon.svg', '/assets/none-1a2b3c4d.js', '/nothing.txt', '/index.html'],
  ...['/readyz', '/readyz?verbose', '/readyz/', '//readyz', '/livez/', '/LIVEZ', '/%6civez'],
  ...REFERENCE,
];

describeEachApplication('what is no call of the API', ({ start }) => {
  it('RL-01 RL-08 pages, files, unknown paths, the reference and readiness are counted by address, all together', async () => {
    const app = await start(withPages({ minute: 1 }));
    for (const [index, path] of COUNTED.entries()) {
      const address = `203.0.113.${index + 1}`;
      const first = await visit(app, address, path);
      expect(first.status, path).not.toBe(429);
      expect(first.headers.get('ratelimit-policy'), path).toBe('"pages-minute";q=1;w=60');
      expect(first.headers.get('ratelimit'), path).toMatch(/^"pages-minute";r=0;t=\d+$/);
      const other = COUNTED[(index + 1) % COUNTED.length];
      expect((await visit(app, address, other)).status, `${other} after ${path}`).toBe(429);
    }
    for (const [index, method] of ['POST', 'DELETE'].entries()) {
      const address = `198.51.100.${index + 1}`;
      expect((await visit(app, address, '/sign-in', method)).status, method).toBe(404);
      expect((await visit(app, address, '/readyz', method)).status, method).toBe(429);
    }
  });

  it('RL-01 liveness is never counted, and what quotas count is not counted as a page', async () => {
    const app = await start(withPages({ minute: 1 }, { quotas: { ...UNLIMITED, address: { minute: 3 } } }));
    const address = '203.0.113.7';
    expect((await visit(app, address)).status).not.toBe(429);
    for (const method of ['GET', 'POST'])
      for (let index = 0; index < 5; index += 1) {
        const { status, headers } = await visit(app, address, '/livez', method);
        expect(status, method).toBe(method === 'POST' ? 405 : 200);
        expect(headers.has('ratelimit')).toBe(false);
      }
    for (const path of ['/api/openapi.json', '/api/nothing', '/api/docs/assets/none.js']) {
      const { status, headers } = await visit(app, '203.0.113.8', path);
      expect(status, path).not.toBe(429);
      expect(headers.get('ratelimit-policy'), path).toBe('"address-minute";q=3;w=60');
    }
    expect(await visit(app, '203.0.113.8', '/api/openapi.json')).toMatchObject(refusal('quota-exceeded'));
    expect((await askApi(app, address)).status, 'a page uses up no quota').toBe(200);
    for (const path of REFERENCE) {
      const { headers } = await visit(app, '203.0.113.9', path);
      expect(headers.get('ratelimit-policy'), 'and the reference none of theirs').toBe('"pages-minute";q=1;w=60');
    }
  });

  it('RL-07 HT-04 HT-06 HT-07 a refusal is a problem that says how long to wait, and waiting so long works', async () => {
    const app = await start(withPages({ hour: 2 }));
    await visit(app, '203.0.113.7');
    await visit(app, '203.0.113.7');
    const refused = await visit(app, '203.0.113.7');
    const wait = Number(refused.headers.get('retry-after'));
    expect(refused).toMatchObject({
      ...refusal('quota-exceeded'),
      body: {
        type: 'urn:gatehouse:problem:quota-exceeded',
        instance: '/sign-in',
        requestId: refused.headers.get('x-request-id'),
        'violated-policies': ['pages-hour'],
      },
    });
    expect(wait).toBeGreaterThan(3590);
    expect(wait).toBeLessThanOrEqual(3600);
    expect(refused.body['detail']).toContain(`in ${wait} seconds`);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'ratelimit-policy': '"pages-hour";q=2;w=3600',
      ratelimit: `"pages-hour";r=0;t=${wait}`,
    });
    expect((await visit(app, '203.0.113.8')).status, 'somebody else').not.toBe(429);
    app.clock.advance(wait * 1000);
    expect((await visit(app, '203.0.113.7')).status).not.toBe(429);
  });

  it('RL-02 RL-11 of 300 at once exactly as many pass as the limit says; a refused one asks no database', async () => {
    const app = await start(withPages({ minute: 60 }));
    const ping = vi.spyOn(app.database, 'ping');
    const answers = await Promise.all(Array.from({ length: 300 }, () => visit(app, '203.0.113.9', '/readyz')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(240);
    app.clock.advance(2_000);
    ping.mockClear();
    expect((await visit(app, '203.0.113.9', '/readyz')).status).toBe(429);
    expect(ping).not.toHaveBeenCalled();
  });

  it('RL-05 one client is one address: IPv4 in IPv6 is IPv4, and IPv6 counts by its /64', async () => {
    const app = await start(withPages({ minute: 1 }));
    const isRefused = async (address: string) => (await visit(app, address)).status === 429;
    expect(await isRefused('203.0.113.5')).toBe(false);
    expect(await isRefused('::ffff:203.0.113.5')).toBe(true);
    expect(await isRefused('2001:db8:1:2::1')).toBe(false);
    expect(await isRefused('2001:db8:1:2:ffff::9')).toBe(true);
    expect(await isRefused('2001:db8:1:3::1')).toBe(false);
  });

  it('RL-01 is off where it is configured so: nothing is counted, and nothing announced', async () => {
    const app = await start(withPages({}));
    for (const path of COUNTED)
      for (let index = 0; index < 3; index += 1) {
        const { status, headers } = await visit(app, '203.0.113.7', path);
        expect(status, path).not.toBe(429);
        expect(headers.has('ratelimit')).toBe(false);
      }
  });

  it('RL-01 sixty people behind one address open the application in the same minute, and none of them is refused', async () => {
    const app = await start(withPages(quotaPolicies.pages.quotas));
    const html = String((await visit(app, '203.0.113.7', '/')).body['text']);
    const linked = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
    // Stand-ins for what scripts of the page load afterwards: up to the files that our largest page needs.
    const loaded = Array.from({ length: 15 - linked.length }, (_, index) => `/assets/part-${index}.js`);
    const everything = ['/', '/favicon.svg', ...linked, ...loaded];
    for (let person = 0; person < 60; person += 1) {
      const answers = await Promise.all(everything.map((path) => visit(app, '203.0.113.8', path)));
      expect(answers.filter(({ status }) => status === 429)).toEqual([]);
    }
    const { headers } = await visit(app, '203.0.113.8');
    expect(headers.get('ratelimit'), 'all of them were counted').toMatch(/^"pages-minute";r=179;t=\d+$/);
  });
});

describeEachApplication('what administrators see of pages', ({ start }) => {
  it('RL-01 RL-07 it is listed, shown, explained, released and logged like a quota, once in its window', async () => {
    const { app, root } = await startWithRoot(start, { pages: { minute: 20 } });
    const address = '203.0.113.7';
    for (let index = 0; index < 25; index += 1) await visit(app, address, '/readyz');
    const refused = await visit(app, address, '/some/page?token=secret');
    const { body } = await read(app, root, '');
    const list = (body['quotas'] as { policy: string }[]).filter(({ policy }) => policy === 'pages');
    expect(list).toEqual([
      {
        quota: 'pages-minute',
        policy: 'pages',
        partition: 'address',
        windowSeconds: 60,
        limit: 20,
        rehearsedLimit: null,
      },
    ]);
    const standing = { quota: 'pages-minute', label: '203.0.113.*', used: 26, limit: 20, isBlocked: true };
    expect(await listed(read(app, root, '/consumers'))).toMatchObject([standing]);
    expect(await listed(read(app, root, '/blocked'))).toMatchObject([standing]);
    expect((await read(app, root, `/standing?address=${address}`)).body['quotas']).toMatchObject([standing]);
    expect((await read(app, root, `/refusals/${String(refused.body['requestId'])}`)).body).toMatchObject({
      problem: 'quota-exceeded',
      method: 'GET',
      route: 'page',
      violatedPolicies: ['pages-minute'],
      counters: [{ quota: 'pages-minute', used: 26, limit: 20 }],
      proxyChain: { client: address },
    });
    const said = app.logLines().filter(({ event }) => event === 'excess_rate_limit_exceeded');
    expect(said).toMatchObject([{ route: '/readyz', quota: 'pages-minute', label: '203.0.113.*' }]);
    expect(JSON.stringify(said)).not.toContain(address);
    expect(await release(app, root, { address })).toMatchObject({ status: 200 });
    expect((await visit(app, address)).status).not.toBe(429);
    expect(app.logText()).not.toContain('token=secret');
  });
});

describeEachApplication('whose readiness checks are not counted', ({ start }) => {
  const startBehind = () => start(withPages({ minute: 1 }, { trustedProxies: ['10.0.0.0/8', 'loopback'] }));
  const PROXY = '10.1.2.3';

  it('RL-01 DP-04 this machine’s, and those of a trusted proxy that forwards nobody’s request', async () => {
    const app = await startBehind();
    const proxy = await connectFrom(app, PROXY);
    for (let index = 0; index < 10; index += 1) {
      for (const path of ['/readyz', '/readyz?verbose']) {
        const own = await call(app, path);
        expect(own.status).toBe(200);
        expect(own.headers.has('ratelimit')).toBe(false);
        expect((await proxy.ask(`GET ${path}`)).status).toBe(200);
        expect((await proxy.ask(`HEAD ${path}`)).status).toBe(200);
      }
    }
    expect((await proxy.ask('GET /sign-in')).status, 'a page of theirs is one').not.toBe(429);
    expect((await proxy.ask('GET /sign-in')).status).toBe(429);
    expect((await proxy.ask('GET /readyz')).status).toBe(200);
  });

  it.each([
    'X-Forwarded-For: 203.0.113.5',
    'X-Forwarded-For: 127.0.0.1',
    'X-Real-IP: 203.0.113.5',
    'Forwarded: for=203.0.113.5',
    'CF-Connecting-IP: 203.0.113.5',
    'X-Forwarded-Host: gate.example.org',
    'X-Forwarded-Proto: https',
    'Via: 1.1 edge',
  ])('RL-04 what a trusted proxy forwards is counted: %s', async (field) => {
    const app = await startBehind();
    for (const address of [PROXY, '127.0.0.1']) {
      const proxy = await connectFrom(app, address);
      const answers = [await proxy.ask('GET /readyz', [field]), await proxy.ask('GET /readyz', [field])];
      expect(answers.map(({ status }) => status)).toContain(429);
    }
  });

  it('RL-04 a stranger’s are, whatever they write: no header makes anybody this machine, or somebody else', async () => {
    const app = await startBehind();
    const stranger = await connectFrom(app, '198.51.100.7');
    expect((await stranger.ask('GET /readyz')).status).toBe(200);
    for (const field of ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-For: 10.1.2.3', 'X-Real-IP: ::1', 'Via: 1.1 x'])
      expect((await stranger.ask('GET /readyz', [field])).status, field).toBe(429);
    expect((await stranger.ask('GET /readyz')).status).toBe(429);
    expect((await stranger.ask('GET /livez')).status).toBe(200);
  });
});
