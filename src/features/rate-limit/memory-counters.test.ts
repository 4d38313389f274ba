import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryCounters } from './memory-counters.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Act {
  key: string;
  /** Milliseconds since the one before. */
  after: number;
  isTakenBack: boolean;
}

const acts = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    after: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 2 * HOUR })),
    isTakenBack: fc.boolean(),
  }),
  { maxLength: 60 },
);

/** What a fixed window is, in the plainest words: it begins with the first request after the end of the one before. */
function createModel() {
  const windows = new Map<string, { begunAt: number; used: number }>();
  return (key: string, length: number, at: number, isTakenBack: boolean): number => {
    const id = `${key} ${length}`;
    const known = windows.get(id);
    const window = known !== undefined && at < known.begunAt + length ? known : { begunAt: at, used: 0 };
    window.used += 1;
    windows.set(id, window);
    const { used } = window;
    if (isTakenBack) window.used -= 1;
    return used;
  };
}

it('RL-03 counts in fixed windows, each partition and each window by itself, whatever comes when', () => {
  fc.assert(
    fc.property(acts, (list: Act[]) => {
      let at = 1_700_000_000_000;
      const counters = createMemoryCounters([MINUTE, HOUR], () => at);
      const model = createModel();
      for (const { key, after, isTakenBack } of list) {
        at += after;
        const counts = counters.increment(key) as readonly { used: number; resetAt: number }[];
        if (isTakenBack) counters.takeBack(key, [0, 1]);
        expect(counts.map(({ used }) => used)).toEqual([
          model(key, MINUTE, at, isTakenBack),
          model(key, HOUR, at, isTakenBack),
        ]);
        for (const [place, { resetAt }] of counts.entries()) {
          expect(resetAt).toBeGreaterThan(at);
          expect(resetAt - at).toBeLessThanOrEqual([MINUTE, HOUR][place] ?? 0);
        }
      }
    }),
  );
});

it('RL-03 in any span as long as a window at most twice the quota passes, and in a window never more than it', () => {
  const limit = 5;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 120 }), (gaps) => {
      let at = 1_700_000_000_000;
      const counters = createMemoryCounters([MINUTE], () => at);
      const passed: number[] = [];
      for (const gap of gaps) {
        at += gap;
        const [count] = counters.increment('a') as readonly { used: number }[];
        if ((count?.used ?? 0) <= limit) passed.push(at);
      }
      for (const from of passed)
        expect(passed.filter((instant) => instant >= from && instant < from + MINUTE).length).toBeLessThanOrEqual(
          2 * limit,
        );
    }),
  );
});

it('never counts below nothing', async () => {
  const counters = createMemoryCounters([MINUTE], () => 0);
  counters.takeBack('a', [0]);
  await counters.increment('a');
  for (let index = 0; index < 3; index += 1) counters.takeBack('a', [0]);
  expect(await counters.increment('a')).toMatchObject([{ used: 1 }]);
});

it('RL-10 a million made-up partitions push out the oldest ones, and no more than 20,000 are kept', async () => {
  const counters = createMemoryCounters([MINUTE, HOUR, 24 * HOUR], () => 0);
  const total = 1_000_000;
  const isKept = async (index: number) => (await counters.read(`made-up-${index}`))[0] !== undefined;
  for (let index = 0; index < total; index += 1) void counters.increment(`made-up-${index}`);
  expect(await Promise.all([0, total / 2, total - 20_001].map(isKept))).toEqual([false, false, false]);
  expect(await Promise.all([total - 20_000, total - 1].map(isKept))).toEqual([true, true]);
});
