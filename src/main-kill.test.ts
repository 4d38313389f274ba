import { expect, it, vi } from 'vitest';
import { openDatabase } from './database/open.ts';
import { createHome, signIn, register } from './testing/start-process.ts';
import type { RunningProcess } from './testing/start-process.ts';

/** Processes start slowly where everything runs at once. */
vi.setConfig({ testTimeout: 60_000 });

const ROUNDS = 6;

/** Signs people up, three at a time, and kills the server once it has said yes to so many: the others are under way. */
async function registerAndKill(server: RunningProcess, round: number, count: number): Promise<string[]> {
  const acknowledged: string[] = [];
  const signUpMany = async (lane: number): Promise<void> => {
    for (let index = 0; ; index += 1) {
      const username = `user-${round}-${lane}-${index}`;
      const answer = await register(server, username).catch(() => undefined);
      if (answer === undefined) return;
      expect(answer.status).toBe(201);
      acknowledged.push(username);
      if (acknowledged.length === count) server.kill('SIGKILL');
    }
  };
  await Promise.all([signUpMany(0), signUpMany(1), signUpMany(2)]);
  expect(await server.ended).toMatchObject({ signal: 'SIGKILL' });
  return acknowledged;
}

it('RE-01 killed while people sign up, it has lost nobody it said yes to, and made nobody by half', async () => {
  const home = await createHome();
  const acknowledged: string[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const server = home.start();
    await server.ready();
    const earlier = acknowledged.at(-1);
    if (earlier !== undefined) expect((await signIn(server, earlier)).status).toBe(200);
    acknowledged.push(...(await registerAndKill(server, round, 1 + (round % 4))));
  }

  const database = await openDatabase({ url: `file:${home.dataDir}/gatehouse.sqlite` });
  try {
    expect(await database.integrityCheck()).toEqual([]);
    const users = await database.read.selectFrom('users').select(['id', 'username']).execute();
    const names = users.map(({ username }) => username);
    expect(acknowledged.filter((username) => !names.includes(username))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(ROUNDS);
    const ids = users.map(({ id }) => id).toSorted();
    const roles = await database.read.selectFrom('user_roles').select('user_id').execute();
    const events = await database.read
      .selectFrom('security_events')
      .where('name', '=', 'user_created')
      .select('target_id')
      .execute();
    expect(roles.map((row) => row.user_id).toSorted()).toEqual(ids);
    expect(events.map((row) => String(row.target_id)).toSorted()).toEqual(ids);
    const sessions = await database.read.selectFrom('sessions').select('user_id').distinct().execute();
    expect(sessions.map((row) => row.user_id).toSorted()).toEqual(ids);
  } finally {
    await database.close();
  }
});
