import { expect, it } from 'vitest';
import type { Endpoint } from '#contract/endpoint.ts';
import { endpoints } from '#contract/index.ts';
import { quotaPolicies } from '#contract/quota.ts';
import type { Config } from '../../config/index.ts';
import { call, GOOD_PASSWORD, signUp } from '../../testing/personas.ts';
import type { Answer, CallOptions } from '../../testing/personas.ts';
import { describeEachApplication, UNLIMITED } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';

const withQuotas = (quotas: Partial<Config['quotas']>) => ({ config: { quotas: { ...UNLIMITED, ...quotas } } });

const from = (address: string, options: CallOptions = {}): CallOptions => ({
  ...options,
  headers: { ...options.headers, 'X-Forwarded-For': address },
});

let names = 0;

/** Each time under another name, so that it is the address that tries too often. */
const signInWrong = (app: TestApplication, address: string): Promise<Answer> => {
  const body = { identifier: `nobody${(names += 1)}`, password: 'x', transport: 'token' };
  return call(app, '/api/auth/login', from(address, { body }));
};

/** `"login-minute";r=9;t=60` → { 'login-minute': { r: 9, t: 60 } }; fails for what is no list of strings with parameters. */
function parseField(text: string | null): Record<string, Record<string, number>> {
  const items = (text ?? '').split(', ');
  return Object.fromEntries(
    items.map((item) => {
      const [, name = '', parameters = ''] = /^"([a-z-]+)"((?:;[a-z]+=\d+)+)$/.exec(item) ?? [];
      expect(name, item).not.toBe('');
      const pairs = parameters.slice(1).split(';');
      return [name, Object.fromEntries(pairs.map((pair) => [pair.split('=')[0], Number(pair.split('=')[1])]))];
    }),
  );
}

function expectRefused(answer: Answer, violated: string[], longest: number): number {
  expect(answer).toMatchObject({
    status: 429,
    body: { type: 'urn:gatehouse:problem:quota-exceeded', status: 429, 'violated-policies': violated },
  });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const wait = answer.headers.get('retry-after') ?? '';
  expect(wait).toMatch(/^[1-9]\d*$/);
  expect(Number(wait)).toBeLessThanOrEqual(longest);
  return Number(wait);
}

describeEachApplication('quotas', ({ start }) => {
  it('RL-01 every endpoint but health is counted by address, whatever it answers; health never', async () => {
    const app = await start(withQuotas({ address: { minute: 1 }, pages: { minute: 1 } }));
    for (const [index, { name, method, path, quota }] of (endpoints as readonly Endpoint[]).entries()) {
      const ask = () =>
        call(app, path, from(`203.0.113.${index + 1}`, { method, ...(method !== 'GET' && { body: {} }) }));
      const first = await ask();
      expect(first.status, name).not.toBe(429);
      const second = await ask();
      expect(second.status === 429, name).toBe(quota !== 'none');
      expect(first.headers.has('ratelimit'), name).toBe(quota !== 'none');
    }
  });

  it('RL-01 what does not exist counts too, pages do not', async () => {
    const app = await start(withQuotas({ address: { hour: 1 } }));
    for (const path of ['/api/nothing', '/API/x', '/.well-known/none', '/api/auth/login']) {
      const answer = await call(app, path, from('198.51.100.1'));
      expect(answer.status, path).toBe(path === '/api/nothing' ? 404 : 429);
    }
    expect((await call(app, '/sign-in', from('198.51.100.1'))).status).not.toBe(429);
  });

  it('RL-07 RL-08 the smallest quota refuses, names itself, and waiting as long as it says works', async () => {
    const app = await start(withQuotas({ address: { minute: 100, day: 500 }, login: { minute: 3, hour: 5 } }));
    const answers: Answer[] = [];
    for (let index = 0; index < 3; index += 1) answers.push(await signInWrong(app, '203.0.113.7'));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    const [policies, ...others] = new Set(answers.map(({ headers }) => headers.get('ratelimit-policy')));
    expect(others).toEqual([]);
    expect(parseField(policies ?? null)).toEqual({
      'address-minute': { q: 100, w: 60 },
      'address-day': { q: 500, w: 86_400 },
      'login-minute': { q: 3, w: 60 },
      'login-hour': { q: 5, w: 3600 },
    });
    expect(answers.map(({ headers }) => parseField(headers.get('ratelimit'))['login-minute']?.['r'])).toEqual([
      2, 1, 0,
    ]);

    const refused = await signInWrong(app, '203.0.113.7');
    const wait = expectRefused(refused, ['login-minute'], 60);
    expect(parseField(refused.headers.get('ratelimit'))['login-minute']).toMatchObject({ r: 0 });
    expect((await signInWrong(app, '203.0.113.8')).status, 'somebody else').toBe(401);

    app.clock.advance(wait * 1000);
    expect((await signInWrong(app, '203.0.113.7')).status).toBe(401);
    expect((await signInWrong(app, '203.0.113.7')).status).toBe(401);
    app.clock.advance(60_000);
    expectRefused(await signInWrong(app, '203.0.113.7'), ['login-hour'], 3600);
  });

  it('RL-11 a refused request costs no hash and no record, does not lengthen the block, and uses up nothing else', async () => {
    const app = await start(withQuotas({ address: { minute: 50 }, login: { minute: 2 } }));
    await signInWrong(app, '203.0.113.7');
    await signInWrong(app, '203.0.113.7');
    const hashes = app.hasher.hashCount;
    const waits: number[] = [];
    for (let index = 0; index < 60; index += 1)
      waits.push(expectRefused(await signInWrong(app, '203.0.113.7'), ['login-minute'], 60));
    expect(app.hasher.hashCount).toBe(hashes);
    expect(waits.toSorted((one, other) => other - one)).toEqual(waits);
    const next = await call(app, '/api/auth/options', from('203.0.113.7'));
    expect(parseField(next.headers.get('ratelimit'))['address-minute']?.['r']).toBeGreaterThanOrEqual(46);
  });

  it('RL-02 of 500 at once exactly as many pass as the quota says', async () => {
    const app = await start(withQuotas({ address: { minute: 60 } }));
    const answers = await Promise.all(
      Array.from({ length: 500 }, () => call(app, '/api/auth/options', from('203.0.113.9'))),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(440);
  });

  it('RL-01 a user is counted over all addresses; a token that is not well signed uses up nobody’s quota', async () => {
    const app = await start(withQuotas({ user: { minute: 3 } }));
    const ada = await signUp(app, 'ada');
    const bob = await signUp(app, 'bob');
    const me = (token: string, address: string) => call(app, '/api/auth/me', from(address, { token }));
    const forged = `${ada.accessToken.slice(0, -8)}AAAAAAAA`;
    for (let index = 0; index < 10; index += 1) expect((await me(forged, '192.0.2.1')).status).toBe(401);
    for (const index of [1, 2, 3]) expect((await me(ada.accessToken, `203.0.113.${index}`)).status).toBe(200);
    expectRefused(await me(ada.accessToken, '203.0.113.4'), ['user-minute'], 60);
    expect((await me(bob.accessToken, '203.0.113.4')).status).toBe(200);
  });

  it('RL-12 a session is renewed only so often, and a stranger who knows its id cannot use that up', async () => {
    const app = await start(withQuotas({ refresh: { minute: 2 } }));
    const ada = await signUp(app, 'ada');
    const refresh = (refreshToken: string) => call(app, '/api/auth/refresh', { body: { refreshToken } });
    const [sid = '', counter = '', mac = ''] = ada.refreshToken.split('.');
    for (let index = 0; index < 10; index += 1)
      expect((await refresh(`${sid}.${counter}.${[...mac].toReversed().join('')}`)).status).toBe(401);
    const second = await refresh(ada.refreshToken);
    expect(second.status).toBe(200);
    const third = await refresh(String(second.body['refreshToken']));
    expect(third.status).toBe(200);
    const token = String(third.body['refreshToken']);
    const wait = expectRefused(await refresh(token), ['refresh-minute'], 60);
    app.clock.advance(wait * 1000);
    expect((await refresh(token)).status, 'the token was not used up').toBe(200);
  });

  it('RL-05 one client is one partition: IPv4 in IPv6 is IPv4, and IPv6 counts by its /64', async () => {
    const app = await start(withQuotas({ address: { minute: 1 } }));
    const ask = async (address: string) => (await call(app, '/api/auth/options', from(address))).status;
    expect(await ask('203.0.113.5')).toBe(200);
    expect(await ask('::ffff:203.0.113.5')).toBe(429);
    expect(await ask('::ffff:203.0.113.6')).toBe(200);
    expect(await ask('2001:db8:1:2::1')).toBe(200);
    expect(await ask('2001:db8:1:2:ffff::9')).toBe(429);
    expect(await ask('2001:db8:1:3::1')).toBe(200);
  });

  it('RL-12 the stricter policies have the documented defaults', async () => {
    const quotas = Object.fromEntries(Object.entries(quotaPolicies).map(([name, policy]) => [name, policy.quotas]));
    const app = await start({ config: { quotas: quotas as Config['quotas'] } });
    const body = { username: 'x', email: 'x', password: GOOD_PASSWORD, transport: 'token' };
    const register = () => call(app, '/api/auth/register', from('203.0.113.1', { body }));
    for (let index = 0; index < 5; index += 1) expect((await register()).status).toBe(422);
    expectRefused(await register(), ['register-minute'], 60);
    expectRefused(await logInWrongUntil(app, 10), ['login-minute'], 60);
  });
});

async function logInWrongUntil(app: TestApplication, allowed: number): Promise<Answer> {
  for (let index = 0; index < allowed; index += 1) expect((await signInWrong(app, '192.0.2.9')).status).toBe(401);
  return await signInWrong(app, '192.0.2.9');
}
