import { expect, it } from 'vitest';
import type { Config } from '../../config/index.ts';
import { call, refusal, setUpAdministrator } from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { startRedis } from '../../testing/redis.ts';
import type { TestRedis } from '../../testing/redis.ts';
import { UNLIMITED } from '../../testing/start-application.ts';
import type { ApplicationKit, TestApplication } from '../../testing/start-application.ts';
import { redisIsUsed, until } from '../../testing/until.ts';
import { describeEachWithRedis } from '../../testing/with-redis.ts';

const ask = (app: TestApplication, address: string): Promise<Answer> =>
  call(app, '/api/auth/options', { headers: { 'X-Forwarded-For': address } });

async function startTwo(start: ApplicationKit['start'], redis: TestRedis, config: Partial<Config>) {
  const settings = { config: { ...config, redisUrl: redis.url, quotas: { ...UNLIMITED, ...config.quotas } } };
  const one = await start(settings);
  const root = await setUpAdministrator(one);
  const other = await start({ ...settings, url: one.config.databaseUrl });
  await redisIsUsed(one);
  await redisIsUsed(other);
  let calls = 0;
  /** From another address each time: the quotas are small. */
  const asRoot = () => {
    calls += 1;
    return { token: root.accessToken, headers: { 'X-Forwarded-For': `10.1.${calls >> 8}.${calls & 255}` } };
  };
  const read = (app: TestApplication, path: string) => call(app, `/api/limits${path}`, asRoot());
  const release = (app: TestApplication, body: unknown) => call(app, '/api/limits/releases', { ...asRoot(), body });
  return { one, other, read, release };
}

const quotas = (numbers: Config['quotas']['address']) => ({ quotas: { ...UNLIMITED, address: numbers } });

describeEachWithRedis('limits over two servers with Redis', ({ start }) => {
  it('each server tells who is blocked, explains a refusal of the other, and lets somebody go on in both', async () => {
    const redis = await startRedis();
    const { one, other, read, release } = await startTwo(start, redis, quotas({ minute: 30, day: 1000 }));
    let refused: Answer | undefined;
    for (let index = 0; index <= 30; index += 1) refused = await ask(index % 2 === 0 ? one : other, '203.0.113.9');
    expect(refused?.status).toBe(429);
    const requestId = String(refused?.headers.get('x-request-id'));
    for (const app of [one, other]) {
      // What administrators read is written beside the request, which does not wait for it.
      await until(async () => (await read(app, `/refusals/${requestId}`)).status === 200);
      expect((await read(app, `/refusals/${requestId}`)).body).toMatchObject({
        requestId,
        violatedPolicies: ['address-minute'],
        counters: [{ used: 31, limit: 30 }, { quota: 'address-day' }],
      });
      expect((await read(app, '/blocked')).body['consumers']).toMatchObject([
        { quota: 'address-minute', label: '203.0.113.*', used: 31, isBlocked: true },
      ]);
      expect((await read(app, '/standing?address=203.0.113.9')).body['quotas']).toMatchObject([
        { quota: 'address-minute', used: 31 },
        { quota: 'address-day', used: 30 },
      ]);
      expect((await read(app, '')).body['counting']).toEqual({ where: 'redis', isDegraded: false });
    }
    expect(await release(other, { address: '203.0.113.9' })).toMatchObject({ status: 200 });
    expect([(await ask(one, '203.0.113.9')).status, (await ask(other, '203.0.113.9')).status]).toEqual([200, 200]);
    expect((await read(one, '/blocked')).body['consumers']).toEqual([]);
    expect(await read(one, '/refusals/00000000-0000')).toMatchObject(refusal('not-found'));
  });

  it('a rehearsal is one over both, and stops nobody', async () => {
    const redis = await startRedis();
    const rehearsedQuotas = { address: { minute: 3 } };
    const { one, other, read } = await startTwo(start, redis, { ...quotas({ minute: 500 }), rehearsedQuotas });
    for (let index = 0; index < 10; index += 1)
      expect((await ask(index % 2 === 0 ? one : other, '203.0.113.9')).status).toBe(200);
    interface Rehearsal {
      quota: string;
      partitions: { label: string; requests: number }[];
    }
    const report = async () => {
      const rehearsals = (await read(other, '/rehearsals')).body['rehearsals'] as Rehearsal[];
      const address = rehearsals.find(({ quota }) => quota === 'address-minute');
      return address?.partitions.find(({ label }) => label === '203.0.113.*')?.requests;
    };
    await until(async () => (await report()) === 7);
  });

  it('RL-10 RL-11 every key in Redis is short, names nobody, and goes within 25 hours', async () => {
    const redis = await startRedis();
    const rehearsedQuotas = { address: { minute: 1 } };
    const { one, read } = await startTwo(start, redis, {
      ...quotas({ minute: 2, hour: 90, day: 900 }),
      rehearsedQuotas,
    });
    for (let index = 0; index < 4; index += 1) await ask(one, '203.0.113.9');
    await until(async () => (await redis.keys()).some(({ key }) => key.endsWith(':refusals')));
    await read(one, '/rehearsals');
    const keys = await redis.keys();
    expect(keys.length).toBeGreaterThan(6);
    for (const { key, left } of keys) {
      expect(key.length, key).toBeLessThan(80);
      expect(key).toMatch(/^gatehouse:/);
      expect(key).not.toContain('203.0.113');
      expect(left, key).toBeGreaterThan(0);
      expect(left, key).toBeLessThanOrEqual(25 * 3_600_000);
    }
  });

  it('RL-09 while Redis is away each server tells what it has counted itself, and says so', async () => {
    const redis = await startRedis();
    const { one, other, read, release } = await startTwo(start, redis, quotas({ minute: 30 }));
    await redis.kill();
    let refused: Answer | undefined;
    for (let index = 0; index <= 30; index += 1) refused = await ask(one, '203.0.113.9');
    expect(refused?.status).toBe(429);
    expect((await read(one, '')).body['counting']).toEqual({ where: 'redis', isDegraded: true });
    const requestId = String(refused?.headers.get('x-request-id'));
    await until(async () => (await read(one, `/refusals/${requestId}`)).status === 200);
    expect((await read(one, '/blocked')).body['consumers']).toMatchObject([{ label: '203.0.113.*', used: 31 }]);
    expect((await read(other, '/blocked')).body['consumers']).toEqual([]);
    expect(await release(one, { address: '203.0.113.9' }), 'what Redis has counted is still there').toMatchObject(
      refusal('unavailable'),
    );
    expect((await ask(one, '203.0.113.9')).status).toBe(200);
  });
});
