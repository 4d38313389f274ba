// Many attempts at once, and those that never get as far as the count.
import { expect, it } from 'vitest';
import { holdHashes } from '../../testing/held-hashes.ts';
import { createFrozenClock, refusal, signUp, startReplicas } from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import { expectThrottled, fail, lanesOf, signInRight, signInWrong } from '../../testing/throttled-sign-ins.ts';

describeEachApplication('sign-ins at once', ({ start }) => {
  it.each(['ada', 'nobody'])(
    'LG-04 of 100 wrong ones for %s over two replicas, exactly five are hashed',
    async (name) => {
      const replicas = await startReplicas(start, { clock: createFrozenClock() });
      await signUp(replicas[0], 'ada');
      const hashCount = (): number => replicas[0].hasher.hashCount + replicas[1].hasher.hashCount;
      const hashes = hashCount();
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          signInWrong(replicas[index % 2 === 0 ? 0 : 1], name, { address: `203.0.113.${index}` }),
        ),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
      expect(refused).toHaveLength(95);
      for (const answer of refused) expectThrottled(answer, 30);
      expect(hashCount() - hashes).toBe(5);
      expect(await lanesOf(replicas[0])).toMatchObject([{ failures: 5, in_row: 5 }]);
    },
  );

  it('LG-04 the right password among them is compared like the others, and refused like the others', async () => {
    const app = await start({ clock: createFrozenClock() });
    await signUp(app, 'ada');
    await fail(app, 'ada', 5);
    const hashes = app.hasher.hashCount;
    for (const answer of await Promise.all(Array.from({ length: 20 }, () => signInRight(app, 'ada'))))
      expectThrottled(answer, 30);
    expect(app.hasher.hashCount).toBe(hashes);
  });

  it('PW-12 what the busy server refuses is no failure, and asks the database nothing', async () => {
    const app = await start({ config: { hashQueueLimit: 3 } });
    await signUp(app, 'ada');
    const hashes = holdHashes();
    const held = Array.from({ length: 5 }, (_, index) => signInWrong(app, `nobody${index}`));
    await expect.poll(async () => (await lanesOf(app)).length).toBe(5);
    const asked = app.database.statementCount;
    for (let round = 0; round < 6; round += 1) {
      const answer = await signInRight(app, 'ada');
      expect(answer).toMatchObject(refusal('busy'));
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(app.database.statementCount).toBe(asked);
    expect(await lanesOf(app)).toHaveLength(5);
    expect(app.database.statementCount, 'statements are counted').toBeGreaterThan(asked);
    hashes.letGo(false);
    for (const answer of await Promise.all(held)) expect(answer).toMatchObject(refusal('invalid-credentials'));
    hashes.restore();
    expect(await signInRight(app, 'ada')).toMatchObject({ status: 200 });
  });
});
