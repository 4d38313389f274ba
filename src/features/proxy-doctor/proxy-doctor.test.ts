import { expect, it } from 'vitest';
import type { ProxyFindings } from '#contract/proxy.ts';
import { connectFrom } from '../../testing/peer.ts';
import type { Peer } from '../../testing/peer.ts';
import { healthPartsOf } from '../../testing/health-parts.ts';
import {
  call,
  createFrozenClock,
  signIn,
  refusal,
  setUpAdministrator,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';

const MINUTE = 60_000;
const OUTSIDE = '203.0.113.9';
const FORWARDED = ['X-Forwarded-For: 198.51.100.7'];

async function report(app: TestApplication, token: string): Promise<ProxyFindings> {
  const { status, body } = await call(app, '/api/proxy-findings', { token });
  expect(status).toBe(200);
  return body as unknown as ProxyFindings;
}

const linesOf = ({ findings }: ProxyFindings): string[] =>
  findings.flatMap(({ remedies }) => remedies.map(({ for: program, line }) => `${program}: ${line}`));

async function repeat(times: number, act: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < times; time += 1) await act();
}

const optionsOf = (peer: Peer, fields: readonly string[] = []) => peer.ask('GET /api/auth/options', fields);

async function startWithAdministrator(start: () => Promise<TestApplication>) {
  const app = await start();
  const { accessToken } = await setUpAdministrator(app);
  return { app, report: () => report(app, accessToken) };
}

describeEachApplication('a forwarding header from a peer that is not trusted', ({ start }) => {
  it('RL-04 is a finding from the first on where the peer is private, with the line that mends it', async () => {
    const config = { trustedProxies: ['loopback', '10.0.0.0/8'] };
    const { app, report } = await startWithAdministrator(() => start({ config }));
    await optionsOf(await connectFrom(app, '192.168.7.2'), FORWARDED);
    const list = 'loopback,10.0.0.0/8,192.168.7.2';
    expect(await report()).toEqual({
      trustedProxies: config.trustedProxies,
      observedMinutes: 0,
      requests: 3,
      findings: [
        {
          kind: 'untrusted-forwarder',
          peer: '192.168.7.2',
          requests: 1,
          ofRequests: 3,
          detail:
            '1 of 3 requests came from 192.168.7.2 with X-Forwarded-For, which is not believed because this address is not in TRUSTED_PROXIES: if a proxy is there, everybody behind it counts as one client.',
          remedies: [
            { for: 'gatehouse', line: `TRUSTED_PROXIES=${list}`, where: expect.any(String) as unknown },
            { for: 'compose', line: `TRUSTED_PROXIES: "${list}"`, where: expect.any(String) as unknown },
          ],
        },
      ],
    });
    // As the line says.
    const mended = await startWithAdministrator(() => start({ config: { trustedProxies: list.split(',') } }));
    await optionsOf(await connectFrom(mended.app, '192.168.7.2'), FORWARDED);
    expect((await mended.report()).findings).toEqual([]);
  });

  it.each(['127.0.0.1', 'fd00::7', '::ffff:172.17.0.1', '100.64.0.2', '169.254.1.1'])(
    'RL-04 RL-05 %s is such a peer; where nobody was trusted, the line names it alone',
    async (address) => {
      const { app, report } = await startWithAdministrator(() => start({ config: { trustedProxies: [] } }));
      await optionsOf(await connectFrom(app, address), FORWARDED);
      const lines = linesOf(await report()).filter((line) => line.startsWith('gatehouse: '));
      expect(lines).toEqual([`gatehouse: TRUSTED_PROXIES=${address.replace('::ffff:', '')}`]);
    },
  );

  it('RL-04 says which header it was; where it is one that is never read, also how to send the one that is', async () => {
    const { app, report } = await startWithAdministrator(() => start());
    const peer = await connectFrom(app, '10.0.0.2');
    await optionsOf(peer, ['X-Real-IP: 198.51.100.7', 'Forwarded: for=198.51.100.7']);
    const found = await report();
    expect(found.findings).toMatchObject([
      {
        kind: 'untrusted-forwarder',
        detail: expect.stringContaining('with Forwarded, X-Real-IP, which is never read') as unknown,
      },
    ]);
    expect(linesOf(found)).toEqual([
      'gatehouse: TRUSTED_PROXIES=loopback,10.0.0.2',
      'compose: TRUSTED_PROXIES: "loopback,10.0.0.2"',
      'nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
      'caddy: reverse_proxy 127.0.0.1:0',
    ]);
  });

  it('RL-04 is none where one stranger lies, nor where a private peer sends nothing of the kind', async () => {
    const { app, report } = await startWithAdministrator(() => start());
    const [liar, honest, inside] = [
      await connectFrom(app, OUTSIDE),
      await connectFrom(app, '198.51.100.4'),
      await connectFrom(app, '192.168.7.2'),
    ];
    await repeat(17, () => optionsOf(liar, FORWARDED));
    expect(await report(), 'nearly all, but too few').toMatchObject({ requests: 19, findings: [] });
    await repeat(9, () => optionsOf(honest));
    await repeat(8, () => optionsOf(inside));
    expect(await report(), 'many, but less than half').toMatchObject({ requests: 37, findings: [] });
  });

  it('RL-04 is one for a public peer that at least half of all requests come from', async () => {
    const { app, report } = await startWithAdministrator(() => start());
    const proxy = await connectFrom(app, OUTSIDE);
    await repeat(17, () => optionsOf(proxy, FORWARDED));
    await optionsOf(proxy, FORWARDED);
    expect(await report()).toMatchObject({
      requests: 20,
      findings: [{ kind: 'untrusted-forwarder', peer: OUTSIDE, requests: 18, ofRequests: 20 }],
    });
  });

  it('is forgotten after 20 minutes, and not before 10', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock });
    await setUpAdministrator(app);
    const look = async () => report(app, (await signIn(app, 'root')).accessToken);
    await optionsOf(await connectFrom(app, '192.168.7.2'), FORWARDED);
    clock.advance(19 * MINUTE);
    expect(await look()).toMatchObject({ observedMinutes: 19, findings: [{ peer: '192.168.7.2' }] });
    clock.advance(MINUTE);
    expect(await look()).toMatchObject({ observedMinutes: 10, findings: [] });
    clock.advance(100 * MINUTE);
    expect(await look()).toMatchObject({ requests: 2, findings: [] });
  });
});

describeEachApplication('what is told of findings', ({ start }) => {
  it('RL-04 one warning in the log when a finding appears, not one a request', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock });
    const warnings = () => app.logLines().filter(({ level }) => level === 'warn');
    const one = await connectFrom(app, '192.168.7.2');
    await optionsOf(one, FORWARDED);
    const first = {
      kind: 'untrusted-forwarder',
      peer: '192.168.7.2',
      remedy: 'TRUSTED_PROXIES=loopback,192.168.7.2',
    };
    expect(warnings()).toMatchObject([first]);
    await repeat(5, () => optionsOf(one, FORWARDED));
    const other = await connectFrom(app, '192.168.7.3');
    await optionsOf(other, FORWARDED);
    expect(warnings(), 'within the minute nobody looks').toHaveLength(1);
    clock.advance(MINUTE);
    await repeat(2, () => optionsOf(one, FORWARDED));
    expect(warnings()).toMatchObject([first, { kind: 'untrusted-forwarder', peer: '192.168.7.3' }]);
    clock.advance(21 * MINUTE);
    await optionsOf(one);
    clock.advance(MINUTE);
    await optionsOf(one, FORWARDED);
    expect(warnings(), 'it had gone').toMatchObject([first, {}, { kind: 'untrusted-forwarder', peer: '192.168.7.2' }]);
  });

  it('DP-04 HT-13 /readyz stays ready and tells it on this machine only, also behind a proxy here that is not trusted', async () => {
    const app = await start({ config: { trustedProxies: [] } });
    expect(healthPartsOf(await call(app, '/readyz?verbose'))['proxy']).toEqual({ status: 'ok' });
    await optionsOf(await connectFrom(app, '192.168.7.2'), FORWARDED);
    const verbose = await call(app, '/readyz?verbose');
    expect(verbose).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(healthPartsOf(verbose)['proxy']).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('1 of 1 requests came from 192.168.7.2') as unknown,
      remedies: [{ for: 'gatehouse', line: 'TRUSTED_PROXIES=192.168.7.2' }, { for: 'compose' }],
    });
    const bare = { status: 200, body: { status: 'ok' } };
    for (const address of [OUTSIDE, '192.168.7.2', '10.0.0.1', '::ffff:128.0.0.1'])
      expect((await (await connectFrom(app, address)).ask('GET /readyz?verbose')).json, address).toEqual(bare.body);
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded']) {
      const { status, body } = await call(app, '/readyz?verbose', { headers: { [name]: OUTSIDE } });
      expect({ status, body }, name).toEqual(bare);
    }
  });

  it('health checks are not observed', async () => {
    const { app, report } = await startWithAdministrator(() => start());
    const peer = await connectFrom(app, '192.168.7.2');
    for (const path of ['/livez', '/readyz', '/readyz?verbose']) await peer.ask(`GET ${path}`, FORWARDED);
    expect(await report()).toMatchObject({ requests: 2, findings: [] });
  });

  it('AZ-01 the findings are for whoever may read the settings', async () => {
    const app = await start();
    const { accessToken } = await signUp(app, 'ada');
    expect(await call(app, '/api/proxy-findings')).toMatchObject(refusal('invalid-token'));
    expect(await call(app, '/api/proxy-findings', { token: accessToken })).toMatchObject(refusal('forbidden'));
    expect((await whoAmI(app, accessToken)).status).toBe(200);
  });
});
