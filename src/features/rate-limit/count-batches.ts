// Counts in Redis: what comes in one turn of the event loop, for whatever number of requests, goes as one command. By themselves they cost
// Redis and the connection several times as much.
import type { Redis } from '../../redis.ts';
import type { Counted, PolicyPartition, WindowCount } from './counters.ts';
import { storedWindowsOf } from './stored-windows.ts';

/**
 * Fixed windows as rate-limit-redis has them (a key for each, that goes with its window), for many requests at once, and for each of them all
 * windows or none. KEYS are counters. ARGV holds for each request the number of its enforced and of its rehearsed windows, then for each
 * window its length in milliseconds and its limit. Replies with how often each was used, and what it has left.
 */
const COUNT = `
local replies, key, arg = {}, 0, 1
local function count(windows)
  local limits, isRefused = {}, false
  for index = 1, windows do
    local place, stored = 2 * (key + index), KEYS[key + index]
    local used, left = 1, redis.call('PTTL', stored)
    if left <= 0 then
      left = tonumber(ARGV[arg + 2 * index - 2])
      redis.call('SET', stored, 1, 'PX', left)
    else
      used = redis.call('INCR', stored)
    end
    replies[place - 1], replies[place] = used, left
    limits[index] = tonumber(ARGV[arg + 2 * index - 1])
    if used > limits[index] then isRefused = true end
  end
  if isRefused then
    for index = 1, windows do
      local place = 2 * (key + index) - 1
      if replies[place] <= limits[index] then replies[place] = redis.call('DECR', KEYS[key + index]) end
    end
  end
  return isRefused
end
while ARGV[arg] do
  local enforced, rehearsed = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
  arg = arg + 2
  local isRefused = count(enforced)
  key, arg = key + enforced, arg + 2 * enforced
  if isRefused then
    for index = 2 * key + 1, 2 * (key + rehearsed) do replies[index] = 0 end
  else
    count(rehearsed)
  end
  key, arg = key + rehearsed, arg + 2 * rehearsed
end
return replies`;

/** Requests of one batch: Redis does nothing else meanwhile. */
const LARGEST_BATCH = 100;

type Counts = Pick<Counted, 'enforced' | 'rehearsed'>;

interface Waiting {
  readonly enforced: readonly PolicyPartition[];
  readonly rehearsed: readonly PolicyPartition[];
  resolve(counts: Counts | undefined): void;
}

function countWindows(parts: readonly PolicyPartition[]): number {
  let windows = 0;
  for (const { policy } of parts) windows += policy.quotas.length;
  return windows;
}

function writeWindows(parts: readonly PolicyPartition[], keys: string[], args: string[]): void {
  for (const { policy, key } of parts)
    for (const { prefix, length, limit } of storedWindowsOf(policy)) {
      keys.push(prefix + key);
      args.push(length, limit);
    }
}

/** The answers to a batch, read from the front to the back. */
function createReader(replies: readonly number[], now: number) {
  let place = 0;
  return function read(parts: readonly PolicyPartition[]): WindowCount[] {
    const counts: WindowCount[] = [];
    for (let left = countWindows(parts); left > 0; left -= 1) {
      counts.push({ used: replies[place] ?? 0, resetAt: now + (replies[place + 1] ?? 0) });
      place += 2;
    }
    return counts;
  };
}

const limitsOf = (parts: readonly PolicyPartition[]): number[] =>
  parts.flatMap(({ policy }) => policy.quotas.map(({ limit }) => limit));

/** What was refused never came to what is rehearsed. */
function toCounts({ enforced, rehearsed }: Waiting, read: ReturnType<typeof createReader>): Counts {
  const [counts, tried] = [read(enforced), read(rehearsed)];
  if (rehearsed.length === 0) return { enforced: counts, rehearsed: tried };
  const isRefused = limitsOf(enforced).some((limit, index) => (counts[index]?.used ?? 0) > limit);
  return { enforced: counts, rehearsed: isRefused ? [] : tried };
}

/** Resolves with undefined where Redis does not answer. */
export function createBatches(
  redis: Redis,
  now: () => number,
): (enforced: readonly PolicyPartition[], rehearsed: readonly PolicyPartition[]) => Promise<Counts | undefined> {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return; // it was full, and has gone already
    const keys: string[] = [];
    const args: string[] = [];
    for (const { enforced, rehearsed } of batch) {
      args.push(String(countWindows(enforced)), String(countWindows(rehearsed)));
      writeWindows(enforced, keys, args);
      writeWindows(rehearsed, keys, args);
    }
    const replies = (await redis.attempt(() => redis.eval(COUNT, keys, args))) as number[] | undefined;
    const read = replies === undefined ? undefined : createReader(replies, now());
    for (const each of batch) each.resolve(read === undefined ? undefined : toCounts(each, read));
  }

  return (enforced, rehearsed) =>
    new Promise((resolve) => {
      waiting.push({ enforced, rehearsed, resolve });
      if (waiting.length === 1) setImmediate(() => void flush());
      else if (waiting.length === LARGEST_BATCH) void flush();
    });
}
