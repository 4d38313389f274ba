import { expect, it } from 'vitest';
import {
  call,
  signIn,
  readEvents,
  refusal,
  setUpAdministrator,
  signUp,
  startReplicas,
  untilTold,
} from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { describeEachApplication, UNLIMITED } from '../../testing/start-application.ts';
import { ask, askTimes, from, listed, read, release, startWithRoot } from '../../testing/limits.ts';

describeEachApplication('what administrators see of limits', ({ start, name }) => {
  it('RL-01 lists every quota with its number, and what is rehearsed beside it', async () => {
    const { app, root } = await startWithRoot(
      start,
      { login: { minute: 7 } },
      { rehearsedQuotas: { login: { hour: 9 } } },
    );
    const { body } = await read(app, root, '');
    expect(body['counting']).toEqual({ where: 'process', isDegraded: false });
    const quotas = body['quotas'] as { quota: string }[];
    expect(quotas.find(({ quota }) => quota === 'login-minute')).toEqual({
      quota: 'login-minute',
      policy: 'login',
      partition: 'address',
      windowSeconds: 60,
      limit: 7,
      rehearsedLimit: null,
    });
    expect(quotas.find(({ quota }) => quota === 'login-hour')).toMatchObject({ limit: null, rehearsedLimit: 9 });
    expect(quotas).toHaveLength(24);
  });

  it('names who has used a tenth of a quota, the fullest first, with the address masked', async () => {
    const { app, root } = await startWithRoot(start, { address: { minute: 30, hour: 1000 } });
    await askTimes(app, 2, '203.0.113.1');
    await askTimes(app, 20, '203.0.113.2');
    await askTimes(app, 6, '2001:db8:1:2::3');
    const consumers = await listed(read(app, root, '/consumers'));
    expect(consumers.map(({ quota, label, used, isBlocked }) => [quota, label, used, isBlocked])).toEqual([
      ['address-minute', '203.0.113.*', 20, false],
      ['address-minute', '2001:db8:1:*', 6, false],
    ]);
    expect(await listed(read(app, root, '/consumers?count=1'))).toHaveLength(1);
    expect(await listed(read(app, root, '/blocked'))).toEqual([]);
    app.clock.advance(60_000);
    expect(await listed(read(app, root, '/consumers')), 'a window that is over').toEqual([]);
  });

  it('names who is refused now, and an administrator lets them go on at once, which is recorded', async () => {
    const { app, root } = await startWithRoot(start, { address: { minute: 12, day: 500 } });
    const address = '203.0.113.9';
    expect((await askTimes(app, 13, address)).status).toBe(429);
    expect((await askTimes(app, 13, '203.0.113.8')).status).toBe(429);
    const blocked = await listed(read(app, root, '/blocked'));
    expect(blocked.map(({ quota, isBlocked }) => [quota, isBlocked])).toEqual([
      ['address-minute', true],
      ['address-minute', true],
    ]);
    const released = await release(app, root, { address });
    expect(released).toMatchObject({ status: 200, body: { accounts: 0 } });
    expect((await ask(app, address)).status).toBe(200);
    expect((await ask(app, '203.0.113.8')).status, 'nobody else').toBe(429);
    const [event] = await readEvents(app, 'limit_released');
    expect(event).toMatchObject({
      actor_type: 'user',
      actor_id: root.user.id,
      address: '127.0.0.1',
      request_id: expect.any(String) as unknown,
      target_type: 'limit',
      target_id: released.body['key'],
      details: { label: '203.0.113.*' },
    });
    expect(JSON.stringify(event)).not.toContain(address);
    const key = blocked.find((each) => each.key !== released.body['key'])?.key;
    expect(await release(app, root, { key })).toMatchObject({ status: 200, body: { key } });
    expect((await ask(app, '203.0.113.8')).status).toBe(200);
  });

  it('releases a user by name, by address and by id, and shows where they stand', async () => {
    const { app, root } = await startWithRoot(start, { user: { minute: 20 } });
    const ada = await signUp(app, 'ada');
    const me = () => call(app, '/api/auth/me', { token: ada.accessToken });
    for (const user of ['ada', 'ADA@example.org', ada.user.id]) {
      for (let index = 0; index < 20; index += 1) expect((await me()).status, user).toBe(200);
      expect((await me()).status).toBe(429);
      expect(await read(app, root, `/standing?user=${user}`)).toMatchObject({
        body: { quotas: [{ quota: 'user-minute', label: ada.user.id, used: 21, limit: 20, isBlocked: true }] },
      });
      expect(await release(app, root, { user })).toMatchObject({ status: 200 });
    }
    expect(await read(app, root, '/standing?user=ada')).toMatchObject({
      body: { quotas: [{ used: 0, resetsAt: null, isBlocked: false }] },
    });
    expect((await me()).status).toBe(200);
  });

  it('without Redis a release reaches every server on PostgreSQL, and on SQLite the one that was asked', async () => {
    const config = { quotas: { ...UNLIMITED, address: { minute: 10 } } };
    const [first, other] = await startReplicas(start, { config });
    const root = await setUpAdministrator(other, 'root');
    for (const app of [first, other]) expect((await askTimes(app, 11, '203.0.113.9')).status).toBe(429);
    const act = () => release(other, root, { address: '203.0.113.9' });
    expect(await untilTold(first, /^limits:/, act)).toMatchObject({ status: 200 });
    expect((await ask(other, '203.0.113.9')).status).toBe(200);
    expect((await ask(first, '203.0.113.9')).status).toBe(name === 'postgres' ? 200 : 429);
  });

  it('looking counts nothing', async () => {
    const { app, root } = await startWithRoot(start, { address: { minute: 50 } });
    await askTimes(app, 3, '203.0.113.4');
    for (let index = 0; index < 3; index += 1)
      expect(await read(app, root, '/standing?address=203.0.113.4')).toMatchObject({
        body: { quotas: [{ quota: 'address-minute', used: 3 }] },
      });
  });

  it('refuses what names nobody, or more than one, and changes nothing', async () => {
    const { app, root } = await startWithRoot(start, {});
    const token = root.accessToken;
    for (const body of [{}, { address: '203.0.113.1', user: 'ada' }, { key: 'short' }, { everyone: true }])
      expect(await release(app, root, body), JSON.stringify(body)).toMatchObject(refusal('invalid-input'));
    for (const query of ['', '?address=203.0.113.1&user=root', '?count=5'])
      expect(await read(app, root, `/standing${query}`), query).toMatchObject(refusal('invalid-input'));
    for (const address of ['nowhere', '203.0.113', '203.0.113.1/24'])
      expect(await release(app, root, { address }), address).toMatchObject(refusal('invalid-input'));
    expect(await read(app, root, '/standing?user=nobody')).toMatchObject(refusal('not-found'));
    for (const count of ['0', '101', '-1', 'x']) {
      const answer = await call(app, `/api/limits/consumers?count=${count}`, { token });
      expect(answer, count).toMatchObject(refusal('invalid-input'));
    }
    expect(await readEvents(app, 'limit_released')).toEqual([]);
  });

  it('AZ-06 only who may update limits releases', async () => {
    const { app } = await startWithRoot(start, {});
    const ada = await signUp(app, 'ada');
    expect(await release(app, ada, { address: '203.0.113.1' })).toMatchObject(refusal('forbidden'));
    expect(await read(app, ada, '/consumers')).toMatchObject(refusal('forbidden'));
    expect(await readEvents(app, 'limit_released')).toEqual([]);
  });
});

describeEachApplication('why a request was answered 429', ({ start }) => {
  it('RL-07 is explained by its request id for a day: policy, counters, masked partition, proxies', async () => {
    const { app, root } = await startWithRoot(start, { address: { minute: 50, day: 90 }, login: { minute: 1 } });
    const body = { identifier: 'nobody', password: 'x', transport: 'token' };
    const logInFrom = () => call(app, '/api/auth/login', from('198.51.100.66, 203.0.113.7', { body }));
    await logInFrom();
    const refused = await logInFrom();
    const requestId = String(refused.headers.get('x-request-id'));
    expect(refused.body).toMatchObject({ status: 429, requestId });
    const explained = await read(app, root, `/refusals/${requestId}`);
    expect(explained).toMatchObject({
      status: 200,
      body: {
        requestId,
        problem: 'quota-exceeded',
        method: 'POST',
        route: '/api/auth/login',
        violatedPolicies: ['login-minute'],
        counters: [
          { quota: 'address-minute', partition: 'address', label: '203.0.113.*', used: 1, limit: 50 },
          { quota: 'address-day', used: 1, limit: 90 },
          { quota: 'login-minute', label: '203.0.113.*', used: 2, limit: 1 },
        ],
        proxyChain: {
          peer: '127.0.0.1',
          isPeerTrusted: true,
          hops: [{ address: '203.0.113.7', isTrusted: false }],
          client: '203.0.113.7',
          ignored: ['198.51.100.66'],
          forwardedBy: ['x-forwarded-for'],
        },
      },
    });
    app.clock.advance(86_400_000);
    const later = await signIn(app, 'root');
    expect(await read(app, later, `/refusals/${requestId}`)).toMatchObject(refusal('not-found'));
  });

  it('a request that was answered otherwise is not, nor is one that nobody made', async () => {
    const { app, root } = await startWithRoot(start, { address: { minute: 50 } });
    const requestId = String((await ask(app, '203.0.113.7')).headers.get('x-request-id'));
    expect(await read(app, root, `/refusals/${requestId}`)).toMatchObject(refusal('not-found'));
    expect(await read(app, root, '/refusals/00000000-0000')).toMatchObject(refusal('not-found'));
  });

  it('LO-02 is one line in the log for each window, not one for each request of a flood', async () => {
    const { app } = await startWithRoot(start, { address: { minute: 2 } });
    await askTimes(app, 40, '203.0.113.7');
    const lines = app.logLines().filter(({ event }) => event === 'excess_rate_limit_exceeded');
    expect(lines).toMatchObject([{ level: 'warn', quota: 'address-minute', label: '203.0.113.*' }]);
  });
});

describeEachApplication('rehearsed quotas', ({ start }) => {
  it('stop nobody, are not announced, and report whom they would have stopped', async () => {
    const { app, root } = await startWithRoot(
      start,
      { address: { minute: 100 } },
      { rehearsedQuotas: { address: { minute: 3, hour: 50 } } },
    );
    const answers: Answer[] = [];
    for (let index = 0; index < 10; index += 1) answers.push(await ask(app, '203.0.113.5'));
    await askTimes(app, 3, '203.0.113.6');
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    for (const { headers } of answers) expect(headers.get('ratelimit-policy')).toBe('"address-minute";q=100;w=60');
    const { body } = await read(app, root, '/rehearsals');
    expect(body['rehearsals']).toMatchObject([
      { quota: 'address-minute', limit: 3, requests: 7, partitions: [{ label: '203.0.113.*', requests: 7 }] },
      { quota: 'address-hour', limit: 50, requests: 0, since: null, partitions: [] },
    ]);
  });

  it('count as they would if they were in force: what one would have stopped uses up no other', async () => {
    const { app, root } = await startWithRoot(start, {}, { rehearsedQuotas: { address: { minute: 2, hour: 5 } } });
    for (let minute = 0; minute < 3; minute += 1) {
      await askTimes(app, 10, '203.0.113.5');
      app.clock.advance(60_000);
    }
    const { body } = await read(app, root, '/rehearsals');
    // 2 + 2 + 1 of 30 would pass; in the third minute it is the hour alone that stops the others.
    expect(body['rehearsals']).toMatchObject([{ requests: 16 }, { requests: 9 }]);
  });

  it('are not asked for what the policies in force have refused', async () => {
    const { app, root } = await startWithRoot(
      start,
      { address: { minute: 4 } },
      { rehearsedQuotas: { address: { minute: 10 } } },
    );
    expect((await askTimes(app, 30, '203.0.113.5')).status).toBe(429);
    expect((await read(app, root, '/rehearsals')).body['rehearsals']).toMatchObject([{ requests: 0 }]);
  });
});
