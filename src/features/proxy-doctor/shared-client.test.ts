import { expect, it } from 'vitest';
import type { Config } from '../../config/index.ts';
import type { ProxyFindings } from '#contract/proxy.ts';
import { connectFrom } from '../../testing/peer.ts';
import { call, setUpAdministrator, signUp } from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import type { StartOptions, TestApplication } from '../../testing/start-application.ts';

const NGINX = 'nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;';
const PRODUCTION: Partial<Config> = { mode: 'production', publicUrl: 'https://auth.example.org', corsOrigins: [] };
const people = ['ada', 'bob', 'eve'];

interface Way {
  /** Who connects; this machine, unless it is another. */
  peer?: string;
  /** What it says in X-Forwarded-For. */
  forwarded?: (index: number) => string;
}

/** So many requests of each of these people, on one way. */
async function visit(app: TestApplication, tokens: readonly string[], times: number, way: Way): Promise<void> {
  const { peer = '127.0.0.1', forwarded } = way;
  const { ask } = await connectFrom(app, peer);
  for (const [index, token] of tokens.entries())
    for (let time = 0; time < times; time += 1) {
      const fields = forwarded === undefined ? [] : [`X-Forwarded-For: ${forwarded(index)}`];
      const { status } = await ask('GET /api/auth/me', [`Authorization: Bearer ${token}`, ...fields]);
      expect(status).toBe(200);
    }
}

async function startWithPeople(start: () => Promise<TestApplication>, names = people) {
  const app = await start();
  const { accessToken: token } = await setUpAdministrator(app);
  const tokens: string[] = [];
  for (const name of names) tokens.push((await signUp(app, name)).accessToken);
  const report = async () => (await call(app, '/api/proxy-findings', { token })).body as unknown as ProxyFindings;
  return { app, tokens, report };
}

const told = (address: string) => ({ forwarded: () => address });

describeEachApplication('users who share one private address', ({ start }) => {
  /** Three people, twice each, on this way. */
  async function findingsOf(way: Way, options: StartOptions = {}): Promise<ProxyFindings['findings']> {
    const { app, tokens, report } = await startWithPeople(() => start(options));
    await visit(app, tokens, 2, way);
    return (await report()).findings;
  }
  const linesOf = (findings: ProxyFindings['findings']): string[] =>
    findings.flatMap(({ remedies }) => remedies.map(({ for: program, line }) => `${program}: ${line}`));

  it('RL-04 an outer proxy that is not listed: list it, and let those behind it believe it', async () => {
    const found = await findingsOf(told('10.0.0.9'));
    expect(found).toMatchObject([
      {
        kind: 'shared-client',
        peer: '10.0.0.9',
        requests: 6,
        ofRequests: 6,
        users: 3,
        detail:
          '6 of 6 signed-in requests, of 3 users, came from 10.0.0.9, whose limits they share: another proxy is there, and is not in TRUSTED_PROXIES.',
      },
    ]);
    expect(linesOf(found)).toEqual([
      'gatehouse: TRUSTED_PROXIES=loopback,10.0.0.9',
      'compose: TRUSTED_PROXIES=10.0.0.9',
      NGINX,
      'caddy: trusted_proxies static 10.0.0.9/32',
      'traefik: --entryPoints.websecure.forwardedHeaders.trustedIPs=10.0.0.9',
    ]);
    // As the first line says; the outer proxy passes on whom it saw.
    const mended = { config: { trustedProxies: ['loopback', '10.0.0.9'] } };
    expect(await findingsOf({ forwarded: (index) => `203.0.113.${index}, 10.0.0.9` }, mended)).toEqual([]);
  });

  it('RL-04 our own Nginx, which does not trust the edge: the edge goes into its list, and not the whole subnet', async () => {
    const found = await findingsOf(
      { peer: '172.30.81.4', ...told('172.30.81.1') },
      { config: { ...PRODUCTION, trustedProxies: ['172.30.81.0/24'] } },
    );
    expect(found).toMatchObject([{ kind: 'shared-client', peer: '172.30.81.1' }]);
    expect(linesOf(found)).toEqual([
      'compose: TRUSTED_PROXIES=172.30.81.1',
      NGINX,
      'caddy: trusted_proxies static 172.30.81.1/32',
      'traefik: --entryPoints.websecure.forwardedHeaders.trustedIPs=172.30.81.1',
    ]);
  });

  it('RL-04 a proxy that says nothing: it has to pass the address on, and to be trusted where it is not', async () => {
    const caddy = 'caddy: reverse_proxy 127.0.0.1:0';
    const trusted = await findingsOf({ peer: '10.0.0.2' }, { config: { trustedProxies: ['10.0.0.2'] } });
    expect(trusted).toMatchObject([{ kind: 'shared-client', peer: '10.0.0.2' }]);
    expect(linesOf(trusted)).toEqual([NGINX, caddy]);
    expect(linesOf(await findingsOf({ peer: 'fd00::2' }, { config: { trustedProxies: [] } }))).toEqual([
      NGINX,
      caddy,
      'gatehouse: TRUSTED_PROXIES=fd00::2',
      'compose: TRUSTED_PROXIES: "fd00::2"',
    ]);
  });

  it('RL-04 IPv6: a network of one address is written as such', async () => {
    expect(linesOf(await findingsOf(told('fd00::9')))).toContain('caddy: trusted_proxies static fd00::9/128');
  });

  it('one cause is one finding: what is not believed is shared for that reason', async () => {
    expect(await findingsOf({ peer: '10.0.0.2', ...told('203.0.113.9') })).toMatchObject([
      { kind: 'untrusted-forwarder', peer: '10.0.0.2', requests: 6 },
    ]);
  });

  it('RL-04 is none where each has an address, nor where a public address is shared, as in an office', async () => {
    expect(await findingsOf({ forwarded: (index) => `10.0.0.${index + 1}` })).toEqual([]);
    expect(await findingsOf(told('203.0.113.9'))).toEqual([]);
  });

  it('is none for two at home, nor for three among many', async () => {
    const two = await startWithPeople(() => start(), ['ada', 'bob']);
    await visit(two.app, two.tokens, 10, told('192.168.1.20'));
    expect((await two.report()).findings).toEqual([]);
    const many = await startWithPeople(() => start());
    await visit(many.app, many.tokens, 2, told('192.168.1.20'));
    await visit(many.app, many.tokens, 2, told('203.0.113.9'));
    expect((await many.report()).findings).toEqual([]);
  });

  it('is none below six signed-in requests', async () => {
    const { app, tokens, report } = await startWithPeople(() => start());
    await visit(app, tokens, 1, told('10.0.0.9'));
    await visit(app, tokens.slice(1), 1, told('10.0.0.9'));
    expect((await report()).findings).toEqual([]);
  });

  it('RL-04 in local mode everybody is on this machine; in production that is a proxy here that says nothing', async () => {
    expect(await findingsOf({})).toEqual([]);
    const found = await findingsOf({}, { config: PRODUCTION });
    expect(found).toMatchObject([{ kind: 'shared-client', peer: '127.0.0.1', users: 3 }]);
    const lines = linesOf(found);
    expect(lines).toContain(NGINX);
    expect(lines, 'it is listed already').not.toContainEqual(expect.stringContaining('TRUSTED_PROXIES'));
  });
});
