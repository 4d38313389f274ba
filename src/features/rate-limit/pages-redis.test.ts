import { expect, it } from 'vitest';
import type { Config } from '../../config/index.ts';
import { from } from '../../testing/limits.ts';
import { call } from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { startRedis } from '../../testing/redis.ts';
import type { TestRedis } from '../../testing/redis.ts';
import { UNLIMITED } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';
import { redisIsUsed } from '../../testing/until.ts';
import { describeEachWithRedis, untilShared } from '../../testing/with-redis.ts';

/** The quota is out of reach: it asks Redis for `redisIsUsed`. */
const withPages = (redis: TestRedis, pages: Config['quotas']['pages']) => ({
  config: { redisUrl: redis.url, quotas: { ...UNLIMITED, address: { minute: 1_000_000 }, pages } },
});

const visit = (app: TestApplication, address = '203.0.113.9', path = '/sign-in'): Promise<Answer> =>
  call(app, path, from(address));

const refusals = (answers: readonly Answer[]): number => answers.filter(({ status }) => status === 429).length;

/** No answer may be worse than it would be with Redis. */
const expectServed = (answers: readonly Answer[]): void =>
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);

describeEachWithRedis('pages in Redis', ({ start }) => {
  async function startTwo(redis: TestRedis, pages: Config['quotas']['pages']) {
    const one = await start(withPages(redis, pages));
    const other = await start({ ...withPages(redis, pages), url: one.config.databaseUrl });
    await redisIsUsed(one);
    await redisIsUsed(other);
    const visitBoth = (times: number, address?: string, path?: string) =>
      Promise.all(Array.from({ length: times }, (_, index) => visit(index % 2 === 0 ? one : other, address, path)));
    return { one, other, visitBoth };
  }

  it('RL-02 of 300 at once over two servers exactly as many pass as the limit says, of readiness too', async () => {
    const { visitBoth } = await startTwo(await startRedis(), { minute: 60 });
    expect(refusals(await visitBoth(300))).toBe(240);
    expect(refusals(await visitBoth(100, '203.0.113.10', '/readyz'))).toBe(40);
  });

  it('RL-10 its keys name nobody, have a prefix of their own, and go with the window', async () => {
    const redis = await startRedis();
    const { one } = await startTwo(redis, { hour: 60 });
    await visit(one, '203.0.113.9');
    await visit(one, '2001:db8:1:2::3');
    await visit(one, '2001:db8:1:2::4');
    const keys = (await redis.keys()).filter(({ key }) => key.includes('pages'));
    expect(keys).toHaveLength(2);
    for (const { key, left } of keys) {
      expect(key).toMatch(/^gatehouse:quota:pages-hour:[\w-]{22}$/);
      expect(left).toBeGreaterThan(3_500_000);
      expect(left).toBeLessThanOrEqual(3_600_000);
    }
  });

  it('RL-09 RE-03 Redis is killed: every visit is answered, the limit holds in each server, and is shared again afterwards', async () => {
    const redis = await startRedis();
    const { one, other, visitBoth } = await startTwo(redis, { minute: 20 });
    await visitBoth(10);
    await redis.kill();
    const answers = await visitBoth(200);
    expectServed(answers);
    expect(refusals(answers)).toBe(160);
    await redis.restart();
    await redisIsUsed(one);
    await redisIsUsed(other);
    // It has come back without counters and without scripts.
    expect(refusals(await visitBoth(100, '203.0.113.77'))).toBe(80);
  });

  it('RL-09 RE-04 Redis hangs: every visit is answered, and limited by the server alone', async () => {
    const redis = await startRedis();
    const { one } = await startTwo(redis, { minute: 20 });
    redis.freeze();
    const answers: Answer[] = [];
    for (let index = 0; index < 60; index += 1) answers.push(await visit(one));
    redis.thaw();
    expectServed(answers);
    expect(refusals(answers)).toBeGreaterThanOrEqual(20);
    expect(refusals(answers)).toBeLessThanOrEqual(40);
  });

  it('RL-09 a server that starts without Redis limits by itself, and uses Redis once it is there', async () => {
    const redis = await startRedis();
    await redis.kill();
    const one = await start(withPages(redis, { minute: 1 }));
    const other = await start({ ...withPages(redis, { minute: 1 }), url: one.config.databaseUrl });
    const answers = [await visit(one), await visit(one), await visit(other), await visit(other)];
    expectServed(answers);
    expect(answers.map(({ status }) => status === 429)).toEqual([false, true, false, true]);
    await redis.restart();
    await untilShared(
      (address) => visit(one, address),
      (address) => visit(other, address),
    );
  });
});
