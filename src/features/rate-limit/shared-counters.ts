// Counters in Redis, shared by all replicas; in the process while Redis does not answer, with the same quotas.
import { createHash } from 'node:crypto';
import type { Options } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import type { RedisReply } from 'rate-limit-redis';
import type { Redis } from '../../redis.ts';
import type { Counted, Counters, Part, WindowCount } from './counters.ts';
import type { Quota } from './policies.ts';

/**
 * Fixed windows as rate-limit-redis has them (a key for each, that goes with its window), for many requests at once, and for each of them all
 * windows or none. KEYS are counters. ARGV holds for each request the number of its enforced and of its rehearsed windows, then for each
 * window its length in milliseconds and its limit. Replies with how often each was used, and what it has left.
 */
const COUNT = `
local replies, key, arg = {}, 0, 1
local function count(windows)
  local used, isRefused = {}, false
  for index = 1, windows do
    local left = redis.call('PTTL', KEYS[key + index])
    if left <= 0 then
      left = tonumber(ARGV[arg + 2 * index - 2])
      redis.call('SET', KEYS[key + index], 1, 'PX', left)
      used[index] = 1
    else
      used[index] = redis.call('INCR', KEYS[key + index])
    end
    replies[2 * (key + index)] = left
    if used[index] > tonumber(ARGV[arg + 2 * index - 1]) then isRefused = true end
  end
  for index = 1, windows do
    if isRefused and used[index] <= tonumber(ARGV[arg + 2 * index - 1]) then
      used[index] = redis.call('DECR', KEYS[key + index])
    end
    replies[2 * (key + index) - 1] = used[index]
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

/** Only in the window that was counted in: ARGV is what that one has left at most. */
const TAKE_BACK = `
for index, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left > 0 and left <= tonumber(ARGV[index]) and tonumber(redis.call('GET', key)) > 0 then redis.call('DECR', key) end
end
return 1`;

/** What clocks of two machines may differ by within one window, in milliseconds. */
const TOLERANCE_MS = 100;

/** Requests of one batch: Redis does nothing else meanwhile. */
const LARGEST_BATCH = 100;

interface Window {
  readonly storedAs: string;
  readonly windowMs: number;
  readonly limit: number;
}

const prefixOf = (id: string, window: string): string => `gatehouse:quota:${id}-${window}:`;

const windowsOf = ({ policy, key }: Part): Window[] =>
  policy.quotas.map(({ window, windowSeconds, limit }) => ({
    storedAs: prefixOf(policy.id, window) + key,
    windowMs: windowSeconds * 1000,
    limit,
  }));

interface Waiting {
  readonly enforced: readonly Window[];
  readonly rehearsed: readonly Window[];
  resolve(replies: readonly number[]): void;
  reject(error: unknown): void;
}

/**
 * What is counted in one turn of the event loop, for whatever number of requests, goes as one command: by themselves they cost Redis and the
 * connection several times as much.
 */
function createBatches(redis: Redis) {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    const keys: string[] = [];
    const args: string[] = [];
    for (const { enforced, rehearsed } of batch) {
      args.push(String(enforced.length), String(rehearsed.length));
      for (const { storedAs, windowMs, limit } of [...enforced, ...rehearsed]) {
        keys.push(storedAs);
        args.push(String(windowMs), String(limit));
      }
    }
    try {
      const replies = (await redis.eval(COUNT, keys, args)) as number[];
      let from = 0;
      for (const { enforced, rehearsed, resolve } of batch) {
        const to = from + 2 * (enforced.length + rehearsed.length);
        resolve(replies.slice(from, to));
        from = to;
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (enforced: readonly Window[], rehearsed: readonly Window[]): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      waiting.push({ enforced, rehearsed, resolve, reject });
      if (waiting.length === 1) setImmediate(() => void flush());
      else if (waiting.length === LARGEST_BATCH) void flush();
    });
}

function readCounts(replies: readonly number[], from: number, length: number, now: number): WindowCount[] {
  return Array.from({ length }, (_, index) => ({
    used: replies[from + 2 * index] ?? 0,
    resetAt: now + (replies[from + 2 * index + 1] ?? 0),
  }));
}

/**
 * rate-limit-redis's stores, which read and reset. They keep a script that could not be loaded for ever, and would fail from then on, also when
 * Redis is back: so the answer to SCRIPT LOAD is always what it would be, the script's SHA-1, and it is loaded with its first use.
 */
function createStores(redis: Redis): (window: Quota, id: string) => RedisStore {
  const scripts = new Map<string, string>();
  const stores = new Map<string, RedisStore>();

  async function sendCommand(name = '', ...args: string[]): Promise<RedisReply> {
    const [first = '', second = '', key = ''] = args;
    if (name === 'EVALSHA') return (await redis.eval(scripts.get(first) ?? '', [key], [])) as RedisReply;
    if (name !== 'SCRIPT') return (await redis.call(name, ...args)) as RedisReply;
    const sha = createHash('sha1').update(second).digest('hex');
    scripts.set(sha, second);
    return sha;
  }

  return ({ window, windowSeconds }, id) => {
    const prefix = prefixOf(id, window);
    const known = stores.get(prefix);
    if (known !== undefined) return known;
    const made = new RedisStore({ prefix, sendCommand });
    void made.init({ windowMs: windowSeconds * 1000 } as Options);
    stores.set(prefix, made);
    return made;
  };
}

/** @param own for while Redis is away */
export function createSharedCounters(redis: Redis, own: Counters, now: () => number): Counters {
  const send = createBatches(redis);
  const storeOf = createStores(redis);

  function takeBack(windows: readonly Window[], counts: readonly WindowCount[]): void {
    const at = now();
    const live = windows.filter((_, index) => (counts[index]?.resetAt ?? 0) > at);
    if (live.length === 0) return;
    const left = live.map((window) => (counts[windows.indexOf(window)]?.resetAt ?? 0) - at + TOLERANCE_MS);
    const keys = live.map(({ storedAs }) => storedAs);
    void redis.attempt(() => redis.eval(TAKE_BACK, keys, left.map(String)));
  }

  async function countThere(enforcedParts: readonly Part[], rehearsedParts: readonly Part[]): Promise<Counted> {
    const windows = enforcedParts.flatMap(windowsOf);
    const tried = rehearsedParts.flatMap(windowsOf);
    const replies = await send(windows, tried);
    const at = now();
    const enforced = readCounts(replies, 0, windows.length, at);
    const isRefused = windows.some(({ limit }, index) => (enforced[index]?.used ?? 0) > limit);
    const rehearsed = isRefused ? [] : readCounts(replies, 2 * windows.length, tried.length, at);
    return {
      enforced,
      rehearsed,
      takeBack: () => takeBack([...windows, ...tried.slice(0, rehearsed.length)], [...enforced, ...rehearsed]),
    };
  }

  async function ask({ policy, key }: Part): Promise<(WindowCount | undefined)[]> {
    const infos = await Promise.all(policy.quotas.map((window) => storeOf(window, policy.id).get(key)));
    return infos.map((info) => {
      const resetAt = info?.resetTime?.getTime() ?? 0;
      return info === undefined || info.totalHits === 0 || resetAt <= now()
        ? undefined
        : { used: info.totalHits, resetAt };
    });
  }

  return {
    count: async (enforced, rehearsed) =>
      (await redis.attempt(() => countThere(enforced, rehearsed))) ?? own.count(enforced, rehearsed),
    read: async (part) => (await redis.attempt(() => ask(part))) ?? own.read(part),
    async reset(parts) {
      own.forget(parts);
      const done = await redis.attempt(async () => {
        const resets = parts.flatMap(({ policy, key }) =>
          policy.quotas.map((window) => storeOf(window, policy.id).resetKey(key)),
        );
        await Promise.all(resets);
        return true;
      });
      return done === true;
    },
    forget: own.forget,
  };
}
