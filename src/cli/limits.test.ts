import { describe, expect, it, vi } from 'vitest';
import { call } from '../testing/personas.ts';
import type { Answer } from '../testing/personas.ts';
import { createHome, register, setUp } from '../testing/start-process.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

const env = { RATE_LIMIT_LOGIN: '2/m,50/h', RATE_LIMIT_SHADOW_LOGIN: '1/m' };

async function startWithRefusal() {
  const home = await createHome(env);
  const server = home.start();
  await server.ready();
  await setUp(server, server.setupLink());
  const body = { identifier: 'nobody', password: 'x', transport: 'token' };
  const signIn = (): Promise<Answer> =>
    call(server, '/api/auth/login', { body, headers: { 'X-Forwarded-For': '203.0.113.7' } });
  await signIn();
  await signIn();
  const refused = await signIn();
  expect(refused.status).toBe(429);
  return { home, server, signIn, requestId: String(refused.body['requestId']) };
}

describe('cli limits', () => {
  it('reads what a running server counts in its memory, explains a refusal, and lets somebody go on', async () => {
    const { home, signIn, requestId } = await startWithRefusal();
    const list = await home.cli('limits', 'list');
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toMatch(/^login-minute +address +2 +1$/m);
    expect(list.stdout).toMatch(/^login-day +address +off +–$/m);
    expect(list.stdout).toContain('Counted in the process.');
    expect((await home.cli('limits', 'blocked')).stdout).toMatch(
      /^login-minute +203\.0\.113\.\* +3 +2 +[\d-]{10} [\d:]{8} +[\w-]{22} +blocked$/m,
    );
    expect((await home.cli('limits', 'top')).stdout).toMatch(/^login-minute +203\.0\.113\.\* +3 +2 /m);
    expect((await home.cli('limits', 'show', '203.0.113.7')).stdout).toMatch(/^login-hour +203\.0\.113\.\* +2 +50 /m);
    expect((await home.cli('limits', 'rehearsals')).stdout).toMatch(/^login-minute +1 +1 /m);
    const { stdout } = await home.cli('limits', 'explain', requestId);
    expect(stdout).toMatch(/^POST \/api\/auth\/login, refused [\d-]{10} [\d:]{8} UTC for \d+ s by login-minute\.$/m);
    expect(stdout).toMatch(
      /^Connection from 127\.0\.0\.1 \(trusted\); .*203\.0\.113\.7; counted as 203\.0\.113\.7\.$/m,
    );
    expect(await home.cli('limits', 'release', '203.0.113.7')).toMatchObject({
      code: 0,
      stdout: '203.0.113.7 has new counters: nothing is counted yet.\n',
    });
    expect((await signIn()).status).toBe(401);
    expect((await home.cli('limits', 'blocked')).stdout).toBe('Nobody is blocked.\n');
  });

  it('says in one line what cannot be, and changes nothing', async () => {
    const { home, server, signIn } = await startWithRefusal();
    await register(server, 'ada');
    const refusals: [string[], string][] = [
      [['show', 'nobody-here'], 'There is nothing here. There is no such user.'],
      [
        ['explain', '00000000-0000'],
        'There is nothing here. No request with this id was answered 429 in the last day.',
      ],
      [['explain', '..'], '".." is not a valid requestId.'],
      [['release', 'x', '--key'], 'Some of the input is not valid. This is not a key of these lists.'],
    ];
    for (const [args, message] of refusals)
      expect(await home.cli('limits', ...args), args.join(' ')).toEqual({
        code: 1,
        signal: null,
        stdout: '',
        stderr: `gatehouse: ${message}\n`,
      });
    expect(
      await home.cliWith({ APP_SECRET: 'a7Qw9Xe2Rt5Yu8Io1Pl4Kj6Hg3Fd0SzMnBvCxWqE' }, 'limits', 'list'),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has another APP_SECRET') as unknown,
    });
    expect((await signIn()).status, 'still refused').toBe(429);
  });

  it('says where no server answers, and what that means', async () => {
    const home = await createHome();
    const finished = await home.cli('limits', 'list');
    expect(finished).toMatchObject({ code: 1, stdout: '' });
    expect(finished.stderr).toBe(
      `gatehouse: no server of Gatehouse answers at ${home.url} (PORT and HOST name it). What is counted is known to running servers only.\n`,
    );
  });
});
