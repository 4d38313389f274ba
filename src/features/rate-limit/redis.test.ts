import { expect, it } from 'vitest';
import type { Config } from '../../config/index.ts';
import { proxyBefore } from '../../testing/tcp-proxy.ts';
import { call } from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { startRedis } from '../../testing/redis.ts';
import type { TestRedis } from '../../testing/redis.ts';
import { UNLIMITED } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';
import { readPart, redisIsUsed } from '../../testing/until.ts';
import { describeEachWithRedis, untilShared } from '../../testing/with-redis.ts';

const withQuotas = (redis: Pick<TestRedis, 'url'>, quotas: Partial<Config['quotas']>) => ({
  config: { redisUrl: redis.url, quotas: { ...UNLIMITED, ...quotas } },
});

const ask = (app: TestApplication, address = '203.0.113.9'): Promise<Answer> =>
  call(app, '/api/auth/options', { headers: { 'X-Forwarded-For': address } });

const count = (answers: readonly Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

async function redisPart(app: TestApplication): Promise<unknown> {
  expect((await call(app, '/readyz')).status, 'without Redis a server is still ready').toBe(200);
  return await readPart(app, 'redis');
}

const linesAbout = (app: TestApplication, text: string): number =>
  app.logLines().filter(({ msg }) => String(msg).includes(text)).length;

describeEachWithRedis('quotas in Redis', ({ start }) => {
  async function startTwo(redis: TestRedis, quotas: Partial<Config['quotas']>) {
    const one = await start(withQuotas(redis, quotas));
    const other = await start({ ...withQuotas(redis, quotas), url: one.config.databaseUrl });
    await redisIsUsed(one);
    await redisIsUsed(other);
    return { one, other };
  }

  it('RL-02 of 500 at once over two servers exactly as many pass as the quota says', async () => {
    const redis = await startRedis();
    const { one, other } = await startTwo(redis, { address: { minute: 60, hour: 3000, day: 20_000 } });
    const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => ask(index % 2 === 0 ? one : other)));
    expect([count(answers, 200), count(answers, 429)]).toEqual([60, 440]);
  });

  it('RL-02 all counters of a request travel together: Redis reads once for each request', async () => {
    const redis = await startRedis();
    const { one } = await startTwo(redis, { address: { minute: 100_000, hour: 100_000, day: 100_000 } });
    const before = await redis.reads();
    for (let index = 0; index < 100; index += 1) expect((await ask(one)).status).toBe(200);
    // One more is the question itself.
    expect((await redis.reads()) - before).toBeLessThanOrEqual(101);
  });

  it('RL-07 RL-11 what the minute refuses in a burst uses up neither the hour nor another quota, and all are told to wait a minute', async () => {
    const redis = await startRedis();
    const quotas = { address: { minute: 300, hour: 1000 }, login: { minute: 10, hour: 60, day: 300 } };
    const { one, other } = await startTwo(redis, quotas);
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        call(index % 2 === 0 ? one : other, '/api/auth/login', {
          headers: { 'X-Forwarded-For': '203.0.113.9' },
          body: { identifier: `nobody-${index}`, password: 'x', transport: 'token' },
        }),
      ),
    );
    expect([count(answers, 401), count(answers, 429)]).toEqual([10, 390]);
    for (const { body, headers } of answers.filter(({ status }) => status === 429)) {
      expect(body['violated-policies']).toEqual(['login-minute']);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
    const field = (await ask(one)).headers.get('ratelimit');
    expect(field).toMatch(/^"address-minute";r=289;t=\d+, "address-hour";r=989;t=\d+$/);
  });

  it('RL-09 RE-03 Redis is killed: every request is answered, quotas hold in each server, and are shared again afterwards', async () => {
    const redis = await startRedis();
    const { one, other } = await startTwo(redis, { address: { minute: 20 } });
    // While a server connects, its first request may find no Redis yet.
    const before = [one, other].map((app) => linesAbout(app, 'Redis does not answer'));
    await redis.kill();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(index % 2 === 0 ? one : other)));
    expect([count(answers, 200), count(answers, 429)]).toEqual([40, 160]);
    for (const [index, app] of [one, other].entries()) {
      expect(await redisPart(app)).toEqual({
        name: 'redis',
        status: 'degraded',
        detail: 'does not answer: this server counts by itself',
      });
      expect(linesAbout(app, 'Redis does not answer')).toBe((before[index] ?? 0) + 1);
    }
    await redis.restart();
    await redisIsUsed(one);
    await redisIsUsed(other);
    expect(linesAbout(one, 'Redis does not answer')).toBe(linesAbout(one, 'Redis answers again'));
    const shared = await Promise.all(
      Array.from({ length: 100 }, (_, index) => ask(index % 2 === 0 ? one : other, '203.0.113.77')),
    );
    expect(count(shared, 200)).toBe(20);
  });

  it('RL-09 RE-04 Redis hangs: every request is answered, and only the first ones wait for it at all', async () => {
    const redis = await startRedis();
    const { one } = await startTwo(redis, { address: { minute: 20 } });
    const before = linesAbout(one, 'Redis does not answer');
    redis.freeze();
    const answers: Answer[] = [];
    for (let index = 0; index < 60; index += 1) answers.push(await ask(one));
    redis.thaw();
    expect(count(answers, 200) + count(answers, 429)).toBe(60);
    expect(count(answers, 200)).toBeLessThanOrEqual(40);
    expect(count(answers, 429)).toBeGreaterThanOrEqual(20);
    // One line for the change, not one for each request.
    expect(linesAbout(one, 'Redis does not answer')).toBe(before + 1);
  });

  it('RE-04 a Redis that hung is used again once it goes on, also where nobody is near a quota', async () => {
    const redis = await startRedis();
    const one = await start(withQuotas(redis, { address: { minute: 1_000_000 } }));
    await redisIsUsed(one);
    redis.freeze();
    expect((await ask(one)).status).toBe(200);
    expect(await redisPart(one)).toMatchObject({ status: 'degraded' });
    redis.thaw();
    await redisIsUsed(one);
  });

  it('RE-04 a connection that only one end still knows of is given up for a new one', async () => {
    const redis = await startRedis();
    const proxy = await proxyBefore(redis.url);
    const one = await start(withQuotas(proxy, { address: { minute: 20 } }));
    await redisIsUsed(one);
    proxy.abandon();
    expect((await ask(one)).status).toBe(200);
    expect(await redisPart(one)).toMatchObject({ status: 'degraded' });
    await redisIsUsed(one);
  });

  it('RL-09 a server that starts without Redis limits by itself, and uses Redis once it is there', async () => {
    const redis = await startRedis();
    await redis.kill();
    const one = await start(withQuotas(redis, { address: { minute: 1 } }));
    const other = await start({ ...withQuotas(redis, { address: { minute: 1 } }), url: one.config.databaseUrl });
    expect([(await ask(one)).status, (await ask(one)).status, (await ask(other)).status]).toEqual([200, 429, 200]);
    await redis.restart();
    await untilShared(
      (address) => ask(one, address),
      (address) => ask(other, address),
    );
  });
});
