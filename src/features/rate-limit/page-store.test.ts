import { expect, it } from 'vitest';
import { UNLIMITED } from '../../testing/start-application.ts';
import { createMemoryCounters } from './memory-counters.ts';
import { createProcessStore } from './page-store.ts';
import { createAllPolicies } from './policies.ts';

it('RL-10 a hundred thousand made-up addresses push out the oldest ones, and no more than 20,000 are kept', async () => {
  const [policy] = createAllPolicies({ ...UNLIMITED, pages: { minute: 10 } }, {}).enforced;
  if (policy === undefined) throw new Error('there is a policy');
  const store = createProcessStore(
    createMemoryCounters(() => 1_700_000_000_000),
    policy,
  );
  const hits = async (index: number) => (await store.increment(`made-up-${index}`)).totalHits;
  const total = 100_000;
  for (let index = 0; index < total; index += 1) expect(await hits(index)).toBe(1);
  expect([await hits(total - 1), await hits(total - 19_000)]).toEqual([2, 2]);
  expect([await hits(0), await hits(total - 21_000)]).toEqual([1, 1]);
});
