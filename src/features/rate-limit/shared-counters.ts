// Counters in Redis, shared by all replicas; in the process while Redis does not answer, with the same quotas.
import type { Redis } from '../../redis.ts';
import { createBatches } from './count-batches.ts';
import type { Counted, Counters, OwnCounters, PolicyPartition, WindowCount } from './counters.ts';
import { storedKeysOf } from './stored-windows.ts';

/** Only in the window that was counted in: ARGV is what that one has left at most. */
const TAKE_BACK = `
for index, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left > 0 and left <= tonumber(ARGV[index]) and tonumber(redis.call('GET', key)) > 0 then redis.call('DECR', key) end
end
return 1`;

/** For each key how often it was used, and what it has left; nothing and -2 where it is not there. */
const READ = `
local replies = {}
for index, key in ipairs(KEYS) do
  replies[2 * index - 1] = tonumber(redis.call('GET', key) or 0)
  replies[2 * index] = redis.call('PTTL', key)
end
return replies`;

/** What clocks of two machines may differ by within one window, in milliseconds. */
const TOLERANCE_MS = 100;

/** @param own for while Redis is away */
export function createSharedCounters(redis: Redis, own: OwnCounters, now: () => number): Counters {
  function takeBack(keys: readonly string[], counts: readonly WindowCount[]): void {
    const at = now();
    const live = counts.flatMap(({ resetAt }, index) => {
      const left = resetAt - at;
      return left > 0 ? [{ key: keys[index] ?? '', left: String(left + TOLERANCE_MS) }] : [];
    });
    if (live.length === 0) return;
    const [storedAs, left] = [live.map(({ key }) => key), live.map((each) => each.left)];
    void redis.attempt(() => redis.eval(TAKE_BACK, storedAs, left));
  }

  const send = createBatches(redis, now);

  async function countThere(
    enforced: readonly PolicyPartition[],
    rehearsed: readonly PolicyPartition[],
  ): Promise<Counted> {
    const counts = await send(enforced, rehearsed);
    if (counts === undefined) return own.count(enforced, rehearsed);
    return {
      ...counts,
      takeBack: () =>
        takeBack([...enforced, ...rehearsed].flatMap(storedKeysOf), [...counts.enforced, ...counts.rehearsed]),
    };
  }

  /** Nobody waits for what is away; that somebody wanted it is what makes Redis be asked again, beside the requests. */
  function isAway(): boolean {
    if (redis.isAnswering()) return false;
    void redis.attempt(async () => {});
    return true;
  }

  async function readThere(part: PolicyPartition): Promise<(WindowCount | undefined)[]> {
    const keys = storedKeysOf(part);
    const replies = (await redis.eval(READ, keys, [])) as number[];
    const at = now();
    return keys.map((_, index) => {
      const [used = 0, left = 0] = replies.slice(2 * index);
      return used > 0 && left > 0 ? { used, resetAt: at + left } : undefined;
    });
  }

  return {
    count: (enforced, rehearsed) => (isAway() ? own.count(enforced, rehearsed) : countThere(enforced, rehearsed)),
    read: async (part) => (await redis.attempt(() => readThere(part))) ?? own.read(part),
    async reset(parts) {
      own.forget(parts);
      const keys = parts.flatMap(storedKeysOf);
      if (keys.length === 0) return true;
      const deleted = await redis.attempt(() => redis.call('DEL', ...keys));
      return deleted !== undefined;
    },
    forget: own.forget,
  };
}
