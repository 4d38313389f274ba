import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UNLIMITED } from '../../testing/start-application.ts';
import type { PolicyPartition, WindowCount } from './counters.ts';
import { createMemoryCounters } from './memory-counters.ts';
import { createAllPolicies } from './policies.ts';
import type { QuotaNumbers } from './policies.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = 1_700_000_000_000;

/** Counters of `address` with these numbers, at a time that the test sets. */
function createCounters(numbers: QuotaNumbers['address']) {
  let at = START;
  const counters = createMemoryCounters(() => at);
  const [policy] = createAllPolicies({ ...UNLIMITED, address: numbers }, {}).enforced;
  if (policy === undefined) throw new Error('there is a policy');
  const partOf = (key: string): PolicyPartition => ({ policy, key });
  return {
    now: () => at,
    wait: (milliseconds: number) => void (at += milliseconds),
    count: (key: string) => counters.count([partOf(key)], []),
    read: (key: string) => counters.read(partOf(key)),
  };
}

/** What fixed windows are, in the plainest words: each begins with the first request after the end of the one before. */
function createModel(limits: readonly { length: number; limit: number }[]) {
  const windows = new Map<string, { begunAt: number; used: number }>();
  return (key: string, at: number): number[] => {
    const own = limits.map(({ length, limit }) => {
      const id = `${key} ${length}`;
      const known = windows.get(id);
      const window = known !== undefined && at < known.begunAt + length ? known : { begunAt: at, used: 0 };
      windows.set(id, window);
      return { window, isFull: window.used >= limit };
    });
    const isRefused = own.some(({ isFull }) => isFull);
    for (const { window, isFull } of own) if (!isRefused || isFull) window.used += 1;
    return own.map(({ window }) => window.used);
  };
}

const acts = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    /** Milliseconds since the one before. */
    after: fc.oneof(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 2 * HOUR })),
  }),
  { maxLength: 80 },
);

const usedOf = (counts: readonly WindowCount[]): number[] => counts.map(({ used }) => used);

it('RL-03 RL-11 counts in fixed windows; what one window refuses uses up no other, whatever comes when', () => {
  fc.assert(
    fc.property(acts, (list) => {
      const counters = createCounters({ minute: 4, hour: 9 });
      const model = createModel([
        { length: MINUTE, limit: 4 },
        { length: HOUR, limit: 9 },
      ]);
      for (const { key, after } of list) {
        counters.wait(after);
        const { enforced } = counters.count(key);
        expect(usedOf(enforced)).toEqual(model(key, counters.now()));
        for (const [place, { resetAt }] of enforced.entries()) {
          expect(resetAt).toBeGreaterThan(counters.now());
          expect(resetAt - counters.now()).toBeLessThanOrEqual([MINUTE, HOUR][place] ?? 0);
        }
      }
    }),
  );
});

it('RL-03 in any span as long as a window at most twice the quota passes, and in a window never more than it', () => {
  const limit = 5;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 120 }), (gaps) => {
      const counters = createCounters({ minute: limit });
      const passed: number[] = [];
      for (const gap of gaps) {
        counters.wait(gap);
        if ((usedOf(counters.count('a').enforced)[0] ?? 0) <= limit) passed.push(counters.now());
      }
      for (const from of passed) {
        const within = passed.filter((instant) => instant >= from && instant < from + MINUTE);
        expect(within.length).toBeLessThanOrEqual(2 * limit);
      }
    }),
  );
});

it('takes a count back where it was counted: not from the next window, and never below nothing', async () => {
  const counters = createCounters({ minute: 10 });
  const first = counters.count('a');
  first.takeBack();
  first.takeBack();
  expect(usedOf(counters.count('a').enforced)).toEqual([1]);
  const late = counters.count('a');
  counters.wait(MINUTE);
  counters.count('a');
  late.takeBack();
  expect(await counters.read('a')).toMatchObject([{ used: 1 }]);
});

it('RL-07 a clock that was set back makes nobody wait longer than a window', () => {
  const counters = createCounters({ minute: 1 });
  counters.count('a');
  counters.wait(-HOUR);
  const [count] = counters.count('a').enforced;
  expect((count?.resetAt ?? 0) - counters.now()).toBeLessThanOrEqual(MINUTE);
});

it('RL-10 a million made-up partitions push out the oldest ones, and no more than 20,000 are kept', async () => {
  const counters = createCounters({ minute: 10, hour: 100, day: 1000 });
  const total = 1_000_000;
  const isKept = async (index: number) => (await counters.read(`made-up-${index}`))[0] !== undefined;
  for (let index = 0; index < total; index += 1) counters.count(`made-up-${index}`);
  expect(await Promise.all([0, total / 2, total - 20_001].map(isKept))).toEqual([false, false, false]);
  expect(await Promise.all([total - 20_000, total - 1].map(isKept))).toEqual([true, true]);
});
