import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished, vi } from 'vitest';
import { proxyBefore } from './testing/tcp-proxy.ts';
import { describeEachDatabase } from './testing/dialects.ts';
import { healthPartsOf } from './testing/health-parts.ts';
import { call } from './testing/personas.ts';
import type { Answer } from './testing/personas.ts';
import { accountOf, createHome, getMe, signIn, register, setUp } from './testing/start-process.ts';
import type { RunningProcess } from './testing/start-process.ts';
import { administer } from './testing/administer.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

const untilReadiness = (server: RunningProcess, status: number): Promise<void> =>
  vi.waitFor(async () => expect((await call(server, '/readyz')).status).toBe(status), {
    timeout: 15_000,
    interval: 50,
  });

/** An outage is said as one: never a wrong password, never a fault of ours. */
function expectOutage(answers: Answer[]): void {
  for (const { status, body, headers } of answers) {
    expect(body).toMatchObject({
      type: 'urn:gatehouse:problem:unavailable',
      status: 503,
    });
    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
}

/** Everything a person can do, with the right password and a live token. */
const everything = (server: RunningProcess, alice: Answer): Promise<Answer[]> =>
  Promise.all([
    signIn(server, 'alice'),
    getMe(server, alice),
    register(server, 'bob'),
    call(server, '/api/auth/refresh', { body: { refreshToken: alice.body['refreshToken'] } }),
    setUp(server, server.setupLink()),
    call(server, '/api/auth/logout', { body: {}, token: String(alice.body['accessToken']) }),
    call(server, '/api/auth/options'),
  ]);

async function expectWhole(server: RunningProcess, alice: Answer): Promise<void> {
  await untilReadiness(server, 200);
  expect((await getMe(server, alice)).status).toBe(200);
  expect((await signIn(server, 'alice')).status).toBe(200);
  expect((await signIn(server, 'alice', 'not the right lantern 17')).status).toBe(401);
}

describeEachDatabase(
  'the process before a PostgreSQL',
  ({ freshUrl }) => {
    it('RE-24 RE-05 LO-08 that is away at the start waits, says so, and needs no restart when it comes', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      await proxy.down();
      const server = (await createHome({ DATABASE_URL: proxy.url })).start();
      const { host } = new URL(proxy.url);
      await server.printed(`not ready yet, trying again until it is: connect ECONNREFUSED ${host}\n`);
      expect((await call(server, '/livez')).status).toBe(200);
      expect(await call(server, '/readyz')).toMatchObject({ status: 503, body: { status: 'failed' } });
      expectOutage([await signIn(server, 'alice'), await register(server, 'alice')]);
      await proxy.up();
      await server.ready();
      await expectWhole(server, await register(server, 'alice'));
      expect(server.stderr.match(/not ready yet/g)).toHaveLength(1);
      server.kill('SIGTERM');
      expect(await server.ended).toMatchObject({ code: 0 });
    });

    it('RE-05 LO-08 that goes down under load is an outage for everybody, and nobody has lost anything after it', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      const server = (await createHome({ DATABASE_URL: proxy.url })).start();
      await server.ready();
      const alice = await register(server, 'alice');
      expect(await getMe(server, alice)).toMatchObject({ status: 200 });
      await proxy.down();
      await untilReadiness(server, 503);
      expect((await call(server, '/livez')).status).toBe(200);
      expectOutage(await everything(server, alice));
      await proxy.up();
      await expectWhole(server, alice);
      const refresh = { refreshToken: alice.body['refreshToken'] };
      expect((await call(server, '/api/auth/refresh', { body: refresh })).status).toBe(200);
      expect((await setUp(server, server.setupLink())).status).toBe(201);
      expect(server.logLines().filter(({ status }) => status === 500)).toEqual([]);
    });

    it('RE-05 that freezes lets nobody wait for ever, and does not keep the process from stopping', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      const server = (await createHome({ DATABASE_URL: proxy.url })).start();
      await server.ready();
      const alice = await register(server, 'alice');
      proxy.freeze();
      expectOutage(await everything(server, alice));
      expect((await call(server, '/livez')).status).toBe(200);
      expect((await call(server, '/readyz')).status).toBe(503);
      proxy.thaw();
      await expectWhole(server, alice);
      proxy.freeze();
      server.kill('SIGTERM');
      expect(await server.ended).toMatchObject({ code: 0, signal: null });
    });

    it('DP-11 that is away does not keep a starting process from stopping', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      await proxy.down();
      const server = (await createHome({ DATABASE_URL: proxy.url })).start();
      await server.printed('"not ready yet"');
      server.kill('SIGTERM');
      expect(await server.ended).toMatchObject({ code: 0, signal: null });
      expect(server.logLines().at(-1)).toMatchObject({ msg: 'stopped' });
    });

    it('RE-24 whose role is not there yet, or has another password, waits for it, and is ready when it is', async () => {
      const { url } = await freshUrl();
      const role = `late_${randomUUID().replaceAll('-', '')}`;
      const maintenance = Object.assign(new URL(url), { pathname: '/postgres' }).href;
      onTestFinished(() => administer(maintenance, `drop role if exists ${role}`));
      const own = Object.assign(new URL(url), { username: role, password: 'right' });
      const server = (await createHome({ DATABASE_URL: own.href })).start();
      await server.printed(
        `not ready yet, trying again until it is: password authentication failed for user "${role}"`,
      );
      expect((await call(server, '/readyz')).status).toBe(503);
      await administer(url, `create role ${role} superuser login password 'right'`);
      await server.ready();
      expect((await register(server, 'alice')).status).toBe(201);
      server.kill('SIGTERM');
      await server.ended;
    });

    it('RE-24 with MIGRATE=check waits for somebody else to migrate; "cli migrate" is that', async () => {
      const home = await createHome({ DATABASE_URL: (await freshUrl({ empty: true })).url, MIGRATE: 'check' });
      const server = home.start();
      await server.printed('"not ready yet"');
      const readiness = await call(server, '/readyz?verbose');
      expect(readiness.status).toBe(503);
      expect(healthPartsOf(readiness)).toMatchObject({
        process: { detail: 'is starting' },
        'database (postgres)': { status: 'ok' },
        migrations: { detail: expect.stringContaining('not applied') as unknown },
        proxy: { status: 'ok' },
      });
      expectOutage([
        await signIn(server, 'alice'),
        await call(server, '/api/auth/register', { body: accountOf('alice') }),
      ]);
      expect(await home.cli('migrate')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Applied 0001-/) as unknown,
      });
      await server.ready();
      expect((await register(server, 'alice')).status).toBe(201);
      expect(await home.cli('migrate')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^The database is up to date\.\n/) as unknown,
      });
    });
  },
  'postgres',
);
