// More sign-ins than can be hashed: who is refused, what that costs, and what everybody else notices.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { failHashes, holdHashes } from '../../testing/held-hashes.ts';
import { call, readEvents, refusal, signUp, whoAmI } from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';
import { until } from '../../testing/until.ts';

const CONCURRENCY = 2; // as start-application.ts sets it
const QUEUE = 4;
const PLACES = CONCURRENCY + QUEUE;

const signInAs = (app: TestApplication, identifier: string): Promise<Answer> =>
  call(app, '/api/auth/login', { body: { identifier, password: 'not the password', transport: 'token' } });

const settle = (answers: readonly Promise<Answer>[]) => {
  const settled: Answer[] = [];
  for (const each of answers) void each.then((answer) => settled.push(answer));
  return settled;
};

describeEachApplication('an overload of sign-ins', ({ start }) => {
  it('RE-07 as many as there are places are served, all others are told at once when to come back, and cost nothing', async () => {
    const app = await start({ config: { hashQueueLimit: QUEUE } });
    const held = holdHashes();
    const signIns = Array.from({ length: 60 }, (_, index) => signInAs(app, `nobody-${index}`));
    const settled = settle(signIns);
    await until(() => settled.length >= 60 - PLACES);
    expect(settled).toHaveLength(60 - PLACES);
    for (const answer of settled) {
      expect(answer).toMatchObject(refusal('busy'));
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    }
    expect(await readEvents(app, 'authn_login_fail')).toEqual([]);
    held.letGo(false);
    const answers = await Promise.all(signIns);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(PLACES);
    expect(await readEvents(app, 'authn_login_fail')).toHaveLength(PLACES);
    expect(held.begun()).toBe(PLACES);
    held.restore();
    expect(await signInAs(app, 'nobody'), 'every place is free again').toMatchObject(refusal('invalid-credentials'));
  });

  it('RE-08 meanwhile everything else is answered: health, sessions, sign-in options', async () => {
    const app = await start({ config: { hashQueueLimit: QUEUE } });
    const ada = await signUp(app, 'ada');
    const held = holdHashes();
    const signIns = Array.from({ length: PLACES }, (_, index) => signInAs(app, `nobody-${index}`));
    const settled = settle(signIns);
    await until(() => app.hasher.pending() === QUEUE);
    expect(await signInAs(app, 'one-more')).toMatchObject(refusal('busy'));
    for (const path of ['/livez', '/readyz', '/api/auth/options'])
      expect((await call(app, path)).status, path).toBe(200);
    expect(await whoAmI(app, ada.accessToken)).toMatchObject({ status: 200 });
    const refreshed = await call(app, '/api/auth/refresh', { body: { refreshToken: ada.refreshToken } });
    expect(refreshed.status).toBe(200);
    expect(settled, 'none of the sign-ins was served before').toEqual([]);
    held.letGo(false);
    await Promise.all(signIns);
  });

  it('RE-08 work on files does not wait behind the hashes, which share the threads with it', async () => {
    const app = await start({ config: { hashQueueLimit: QUEUE, bcryptCost: 12 } });
    const signIns = Array.from({ length: PLACES }, (_, index) => signInAs(app, `nobody-${index}`));
    const settled = settle(signIns);
    await until(() => app.hasher.pending() > 0);
    await readFile(import.meta.filename);
    expect(settled.length, 'hashes are still waiting').toBeLessThan(PLACES);
    await Promise.all(signIns);
  });

  it('RE-09 a hash that fails is an error of its own, and gives its place back', async () => {
    const app = await start({ config: { hashQueueLimit: QUEUE } });
    const failed = await failHashes(() =>
      Promise.all(Array.from({ length: PLACES }, (_, index) => signInAs(app, `nobody-${index}`))),
    );
    for (const answer of failed) expect(answer).toMatchObject(refusal('internal'));
    const answers = await Promise.all(Array.from({ length: PLACES }, (_, index) => signInAs(app, `nobody-${index}`)));
    for (const answer of answers) expect(answer).toMatchObject(refusal('invalid-credentials'));
  });
});
