// Failed sign-ins: whose account waits, and what strangers may fail all together.
import { expect, it } from 'vitest';
import { holdHashes } from '../../testing/held-hashes.ts';
import { call, GOOD_PASSWORD, signIn, signInByCookie, readEvents, refusal, signUp } from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';
import { until } from '../../testing/until.ts';
import { from, read, release, startWithRoot } from '../../testing/limits.ts';

describeEachApplication('limits and the sign-in throttle', ({ start }) => {
  const signInAs = (app: TestApplication, identifier: string, password: string, address = '203.0.113.5') =>
    call(app, '/api/auth/login', from(address, { body: { identifier, password, transport: 'token' } }));

  it('LG-07 who waits after wrong passwords is listed, explained and released, known and unknown accounts alike', async () => {
    const { app, root } = await startWithRoot(start, {});
    const ada = await signUp(app, 'ada');
    for (const name of ['ada', 'nobody']) for (let index = 0; index < 5; index += 1) await signInAs(app, name, 'wrong');
    const refused = await signInAs(app, 'ada@example.org', GOOD_PASSWORD);
    expect(refused).toMatchObject(refusal('throttled'));
    const { body } = await read(app, root, '/blocked');
    const accounts = body['accounts'] as { userId: string | null; key: string }[];
    expect(accounts).toHaveLength(2);
    expect(accounts.find(({ userId }) => userId === ada.user.id)).toMatchObject({ lane: 'strangers', failures: 5 });
    expect(accounts.find(({ userId }) => userId === null)).toMatchObject({ lane: 'strangers', failures: 5 });
    const requestId = String(refused.body['requestId']);
    expect((await read(app, root, `/refusals/${requestId}`)).body).toMatchObject({
      problem: 'throttled',
      counters: [{ partition: 'account', label: ada.user.id, used: 5, limit: 5 }],
    });
    expect(await release(app, root, { user: 'ada' })).toMatchObject({ status: 200, body: { accounts: 1 } });
    expect(await release(app, root, { user: 'nobody' })).toMatchObject({ status: 200, body: { accounts: 1 } });
    expect((await read(app, root, '/blocked')).body['accounts']).toEqual([]);
    await signIn(app, 'ada');
    expect(await signInAs(app, 'nobody', 'wrong')).toMatchObject(refusal('invalid-credentials'));
    expect(await readEvents(app, 'limit_released')).toMatchObject([
      { details: { label: ada.user.id, accounts: 1 } },
      {},
    ]);
  });

  it('LG-06 strangers who fail too often, on whatever accounts and from wherever, are all refused, a known device is not', async () => {
    const { app, root } = await startWithRoot(start, { failures: { minute: 20 } });
    await signUp(app, 'ada');
    const device = await signInByCookie(app, 'ada');
    for (let index = 0; index < 20; index += 1)
      expect((await signInAs(app, `nobody-${index}`, 'one for all', `203.0.113.${index}`)).status).toBe(401);
    const hashes = app.hasher.hashCount;
    const refused = await signInAs(app, 'nobody-21', 'one for all', '203.0.113.99');
    expect(refused).toMatchObject(refusal('quota-exceeded'));
    expect(refused.body['violated-policies']).toEqual(['failures-minute']);
    expect(await signInAs(app, 'ada', GOOD_PASSWORD, '203.0.113.98')).toMatchObject(refusal('quota-exceeded'));
    expect(app.hasher.hashCount).toBe(hashes);
    const body = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' };
    expect(await call(app, '/api/auth/login', { body, cookie: device.device })).toMatchObject({ status: 200 });
    expect((await read(app, root, '/blocked')).body['consumers']).toMatchObject([
      { quota: 'failures-minute', partition: 'everyone', label: 'everyone', isBlocked: true },
    ]);
    app.clock.advance(60_000);
    expect(await signInAs(app, 'ada', GOOD_PASSWORD, '203.0.113.98')).toMatchObject({ status: 200 });
  });

  it('LG-06 sign-ins that succeed, and those that are refused before a password is tried, are no failures', async () => {
    const { app } = await startWithRoot(start, { failures: { minute: 8 } });
    await signUp(app, 'ada');
    for (let index = 0; index < 20; index += 1) expect((await signInAs(app, 'ada', GOOD_PASSWORD)).status).toBe(200);
    for (let index = 0; index < 20; index += 1) await signInAs(app, 'nobody', 'wrong');
    // Five were tried; the account's own throttle refused the others.
    for (let index = 0; index < 3; index += 1)
      expect(await signInAs(app, `other-${index}`, 'wrong')).toMatchObject(refusal('invalid-credentials'));
    expect(await signInAs(app, 'other', 'wrong')).toMatchObject(refusal('quota-exceeded'));
  });
});

describeEachApplication('counts that are taken back', ({ start }) => {
  it('LG-06 a sign-in that succeeds after the minute has ended takes nothing back from the next one', async () => {
    const { app } = await startWithRoot(start, { failures: { minute: 5 } });
    await signUp(app, 'ada');
    const signInAs = (identifier: string) =>
      call(app, '/api/auth/login', { body: { identifier, password: GOOD_PASSWORD, transport: 'token' } });
    const held = holdHashes();
    const inFlight = Array.from({ length: 4 }, () => signInAs('ada'));
    await until(() => held.begun() === 2 && app.hasher.pending() === 2);
    app.clock.advance(61_000);
    held.letGo(true);
    for (const answer of await Promise.all(inFlight)) expect(answer.status).toBe(200);
    held.restore();
    for (let index = 0; index < 5; index += 1)
      expect(await signInAs(`nobody-${index}`)).toMatchObject(refusal('invalid-credentials'));
    expect(await signInAs('nobody')).toMatchObject(refusal('quota-exceeded'));
  });
});
