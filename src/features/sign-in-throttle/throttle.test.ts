import { expect, it } from 'vitest';
import { databaseState, storedText } from '../../testing/database-state.ts';
import {
  call,
  cookieOf,
  createFrozenClock,
  GOOD_PASSWORD,
  signInByCookie,
  OTHER_PASSWORD,
  readEvents,
  refusal,
  signUp,
  startReplicas,
} from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  DAY,
  expectThrottled,
  fail,
  HOUR,
  lanesOf,
  signInRight,
  signInWrong,
  MINUTE,
  SECOND,
  tryLogIn,
} from '../../testing/throttled-sign-ins.ts';

const system = { type: 'system' } as const;

describeEachApplication('the sign-in throttle', ({ start }) => {
  it('LG-03 lets an account fail four times for nothing, then makes it wait longer each time, from everywhere', async () => {
    const clock = createFrozenClock();
    const [one, other] = await startReplicas(start, { clock });
    await signUp(one, 'ada');
    const ways = [
      () => signInWrong(one, 'ada', { address: '203.0.113.1' }),
      () => signInWrong(other, 'ADA@Example.ORG', { address: '203.0.113.2' }),
      () => signInWrong(one, ' ａda ', { address: '2001:db8::1' }),
      () => signInWrong(other, 'ada@example.org'),
    ];
    let turn = 0;
    const next = () => ways[(turn += 1) % ways.length]?.();
    for (let free = 0; free < 4; free += 1) expect(await next()).toMatchObject(refusal('invalid-credentials'));
    for (const seconds of [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]) {
      const failure = await next();
      expect(failure).toMatchObject(refusal('invalid-credentials'));
      expect(failure?.headers.has('retry-after')).toBe(false);
      const hashes = one.hasher.hashCount + other.hasher.hashCount;
      for (const way of ways) expectThrottled(await way(), seconds);
      clock.advance(seconds * SECOND - 1);
      for (const way of ways) expectThrottled(await way(), 1);
      expect(one.hasher.hashCount + other.hasher.hashCount).toBe(hashes);
      clock.advance(1);
    }
  });

  it('LG-03 survives a restart, and counts each account for itself', async () => {
    const before = await start({ clock: createFrozenClock() });
    for (const name of ['ada', 'bob']) await signUp(before, name);
    await fail(before, 'ada', 5);
    await before.stop();
    const after = await start({ url: before.config.databaseUrl, clock: before.clock });
    expectThrottled(await signInRight(after, 'ada'), 30);
    expect(await signInRight(after, 'bob')).toMatchObject({ status: 200 });
    await fail(after, 'nobody', 5);
    expectThrottled(await signInWrong(after, ' NOBODY '), 30);
    expect(await signInWrong(after, 'nobody@example.org')).toMatchObject(refusal('invalid-credentials'));
    await fail(after, 'not a NAME at all!', 5);
    expectThrottled(await signInWrong(after, ' not a name at all! '), 30);
  });

  it('LG-03 forgets fewer than five in 15 minutes, and the growth of the waits a day after the last failure', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    await fail(app, 'ada', 1);
    app.clock.advance(15 * MINUTE - 1);
    await fail(app, 'ada', 3);
    app.clock.advance(1);
    await fail(app, 'ada', 4);
    // The window began a moment ago: the one that ended then does not help.
    app.clock.advance(15 * MINUTE - 1);
    await fail(app, 'ada', 1);
    expectThrottled(await signInWrong(app, 'ada'), 30);
    app.clock.advance(DAY - 1);
    await fail(app, 'ada', 1);
    expectThrottled(await signInWrong(app, 'ada'), 60);
    app.clock.advance(DAY);
    await fail(app, 'ada', 5);
    expectThrottled(await signInWrong(app, 'ada'), 30);
  });

  it('LG-03 never more than 100 in a row, however slowly they come', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    for (let failures = 0; failures < 100; failures += 1) {
      await fail(app, 'ada', 1);
      app.clock.advance(15 * MINUTE);
    }
    expectThrottled(await signInRight(app, 'ada'), 3600);
    app.clock.advance(HOUR);
    expectThrottled(await signInRight(app, 'ada'), 3600);
    expect((await readEvents(app, 'authn_login_lock')).map(({ details }) => details)).toEqual([
      { waitSeconds: 30 * 86_400, failuresInRow: 100, lane: 'strangers' },
    ]);
    app.clock.advance(30 * DAY - HOUR - 15 * MINUTE - 1);
    await app.doChores();
    expectThrottled(await signInRight(app, 'ada'), 3600);
    app.clock.advance(1);
    await fail(app, 'ada', 4);
    expect(await signInRight(app, 'ada')).toMatchObject({ status: 200 });
  });

  // Guards: counts that never blocked were forgotten after a day, and four guesses a day went on for ever.
  it('LG-03 never more than 100 in a row, also where a day lies between four and the next four', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    for (let day = 0; day < 25; day += 1) {
      await fail(app, 'ada', 4);
      app.clock.advance(DAY + HOUR);
      await app.doChores();
    }
    expectThrottled(await signInRight(app, 'ada'), 3600);
  });

  it('LG-05 the right password is refused while the account waits, and taken as soon as it has waited', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    await fail(app, 'ada', 5);
    expectThrottled(await signInRight(app, 'ada@example.org'), 30);
    app.clock.advance(30 * SECOND);
    expect(await signInRight(app, 'ada@example.org')).toMatchObject({ status: 200 });
  });

  it('a success forgets the failures before it', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    await fail(app, 'ada', 4);
    expect(await signInRight(app, 'ada')).toMatchObject({ status: 200 });
    expect(await lanesOf(app)).toEqual([]);
    await fail(app, 'ada', 5);
    expectThrottled(await signInWrong(app, 'ada'), 30);
    app.clock.advance(30 * SECOND);
    expect(await signInRight(app, 'ada')).toMatchObject({ status: 200 });
    await fail(app, 'ada', 4);
  });

  it('LG-07 refuses alike, with the same wait, whether there is such an account or not', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    await signUp(app, 'eve');
    await app.userAdministration.disable('eve', system);
    const seen: string[] = [];
    for (const identifier of ['ada', 'ada@example.org', 'eve', 'nobody', 'no@body.example', 'not a name at all!']) {
      if (identifier !== 'ada@example.org') await fail(app, identifier, 5);
      const hashes = app.hasher.hashCount;
      for (const password of [OTHER_PASSWORD, GOOD_PASSWORD]) {
        const { status, body, headers } = await tryLogIn(app, identifier, password);
        const told = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
        seen.push(JSON.stringify([status, { ...body, requestId: '' }, told]));
        expect(body['requestId']).toEqual(expect.any(String));
      }
      expect(app.hasher.hashCount, identifier).toBe(hashes);
    }
    expect(seen).toHaveLength(12);
    const [same, ...others] = new Set(seen);
    expect(others).toEqual([]);
    expect(JSON.parse(same ?? '')).toMatchObject([
      429,
      {
        ...refusal('throttled').body,
        detail: 'Wait, or sign in from a browser that you have used for this account before.',
      },
      expect.arrayContaining([['retry-after', '30']]),
    ]);
  });

  it('LG-08 no other content type, verb, encoding or form of the body reaches the count, nor gets past it', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    const fields = { identifier: 'ada', password: GOOD_PASSWORD, transport: 'token' };
    const json = JSON.stringify(fields);
    const post = (body: unknown, headers: Record<string, string> = {}, path = '/api/auth/login') =>
      call(app, path, { body, headers });
    const odd = async (): Promise<number[]> => {
      const answers = [
        await post(new URLSearchParams(fields).toString(), { 'Content-Type': 'application/x-www-form-urlencoded' }),
        await post(json, { 'Content-Type': 'text/plain' }),
        await post(json, { 'Content-Type': 'multipart/form-data; boundary=x' }),
        await post(json, { 'Content-Type': 'application/json; charset=utf-16' }),
        await post(json, { 'Content-Encoding': 'gzip' }),
        await post(`{"identifier":"bob",${json.slice(1)}`),
        await post({ ...fields, identifier: ['ada'] }),
        await post({ ...fields, extra: 1 }),
        await post(fields, {}, '/api/auth/login/'),
        await post(fields, {}, '/api/auth/login?identifier=ada'),
        await post(fields, { 'X-HTTP-Method-Override': 'PUT' }, '/API/auth/login'),
      ];
      for (const method of ['PUT', 'PATCH', 'DELETE'])
        answers.push(await call(app, '/api/auth/login', { method, body: fields }));
      return answers.map(({ status }) => status);
    };
    const statuses = [415, 415, 415, 415, 415, 400, 422, 422, 404, 422, 404, 405, 405, 405];
    const hashes = app.hasher.hashCount;
    expect(await odd()).toEqual(statuses);
    expect(await lanesOf(app)).toEqual([]);
    await fail(app, 'ada', 5);
    const state = await databaseState(app);
    expect(await odd()).toEqual(statuses);
    expect(await databaseState(app)).toEqual(state);
    expect(app.hasher.hashCount).toBe(hashes + 5);
  });

  it('records when an account begins to wait, and nothing of what is refused meanwhile', async () => {
    const app = await start({ clock: createFrozenClock() });
    const ada = await signUp(app, 'ada');
    await fail(app, 'ada', 5, { address: '203.0.113.7' });
    app.clock.advance(1);
    await fail(app, 'my password as a name', 5);
    const state = await databaseState(app);
    for (let round = 0; round < 3; round += 1) expectThrottled(await signInWrong(app, 'ada'), 30);
    expect(await databaseState(app)).toEqual(state);
    app.clock.advance(30 * SECOND);
    await fail(app, 'ada', 1);
    expect(await readEvents(app, 'authn_login_fail')).toHaveLength(11);
    const anonymous = { actor_type: 'anonymous', actor_id: null };
    expect(await readEvents(app, 'authn_login_lock')).toMatchObject([
      {
        ...anonymous,
        target_type: 'user',
        target_id: ada.user.id,
        address: '203.0.113.7',
        details: { waitSeconds: 30, failuresInRow: 5, lane: 'strangers' },
      },
      { ...anonymous, target_id: null, details: { waitSeconds: 30, failuresInRow: 5, lane: 'strangers' } },
      { target_id: ada.user.id, details: { waitSeconds: 60, failuresInRow: 6, lane: 'strangers' } },
    ]);
    expect((await storedText(app)) + app.logText()).not.toContain('my password as a name');
  });

  it('LG-05 after a change of password only the browser that made it is known: whoever knew the former one is a stranger', async () => {
    const app = await start();
    await signUp(app, 'ada');
    const other = await signInByCookie(app, 'ada');
    const owner = await signInByCookie(app, 'ada');
    app.clock.advance(1000);
    const body = { currentPassword: GOOD_PASSWORD, newPassword: OTHER_PASSWORD };
    const changed = await call(app, '/api/auth/password', {
      method: 'PATCH',
      token: owner.accessToken,
      cookie: owner.device,
      body,
    });
    expect(changed).toMatchObject({ status: 204 });
    const device = cookieOf(changed, 'device');
    await fail(app, 'ada', 5, { device: other.device, password: GOOD_PASSWORD });
    expect(await tryLogIn(app, 'ada', OTHER_PASSWORD, { device: other.device })).toMatchObject(refusal('throttled'));
    expect(await tryLogIn(app, 'ada', OTHER_PASSWORD, { device })).toMatchObject({ status: 200 });
  });
});
