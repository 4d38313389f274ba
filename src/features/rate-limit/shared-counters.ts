// Counters in Redis, shared by all replicas; in the process while Redis does not answer, with the same quotas.
import { createHash } from 'node:crypto';
import type { Options } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import type { RedisReply } from 'rate-limit-redis';
import type { Redis } from '../../redis.ts';
import type { Counters } from './counters.ts';

/**
 * What RedisStore's own scripts do, for many keys at once. KEYS are counters. ARGV is for each the window in milliseconds to count in; or 'read'; or
 * 'take-back', where the counter is still there: a DECR of a key that has expired would make one that never does.
 */
const COUNT_ALL = `
local replies = {}
for index, key in ipairs(KEYS) do
  local act = ARGV[index]
  local used, left = 0, 0
  if act == 'read' then
    used, left = tonumber(redis.call('GET', key)) or 0, redis.call('PTTL', key)
  elseif act == 'take-back' then
    if redis.call('EXISTS', key) == 1 then used = redis.call('DECR', key) end
  else
    left = redis.call('PTTL', key)
    if left <= 0 then
      left = tonumber(act)
      redis.call('SET', key, 1, 'PX', left)
      used = 1
    else
      used = redis.call('INCR', key)
    end
  end
  replies[2 * index - 1] = used
  replies[2 * index] = left
end
return replies`;

/** Commands of one batch: Redis does nothing else meanwhile. */
const LARGEST_BATCH = 600;

interface Waiting {
  key: string;
  /** As the script takes it. */
  act: string;
  resolve(reply: RedisReply): void;
  reject(error: unknown): void;
}

export type Send = (...command: string[]) => Promise<RedisReply>;

/**
 * What RedisStore sends. Counting that is begun in one turn of the event loop, by whatever number of requests, goes as one command:
 * six by themselves cost Redis and the connection three times as much. The store's scripts are never loaded: it keeps a failed load for ever, and would
 * fail every request from then on, also when Redis is back; so the answer to SCRIPT LOAD is always what it would be, the script's SHA-1.
 */
export function createSend(redis: Redis): Send {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      const keys = batch.map(({ key }) => key);
      const replies = (await redis.eval(
        COUNT_ALL,
        keys,
        batch.map(({ act }) => act),
      )) as number[];
      for (const [index, { resolve }] of batch.entries())
        resolve([replies[2 * index] ?? 0, replies[2 * index + 1] ?? 0] as RedisReply);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  const enqueue = (key: string, act: string): Promise<RedisReply> =>
    new Promise((resolve, reject) => {
      waiting.push({ key, act, resolve, reject });
      if (waiting.length === 1) setImmediate(() => void flush());
      else if (waiting.length === LARGEST_BATCH) void flush();
    });

  return (name = '', ...args) => {
    const [first = '', script = '', key = '', window] = args;
    if (name === 'SCRIPT') return Promise.resolve(createHash('sha1').update(script).digest('hex'));
    // Its increment has a window; what has none reads.
    if (name === 'EVALSHA') return enqueue(key, window ?? 'read');
    if (name === 'DECR') return enqueue(first, 'take-back');
    return redis.call(name, ...args) as Promise<RedisReply>;
  };
}

interface Parts {
  redis: Redis;
  send: Send;
  /** One for each window; of this policy alone. */
  prefixes: readonly string[];
  windowMs: readonly number[];
  /** For while Redis is away. */
  own: Counters;
}

export function createSharedCounters({ redis, send, prefixes, windowMs, own }: Parts): Counters {
  const stores = prefixes.map((prefix, place) => {
    const store = new RedisStore({ prefix, sendCommand: send });
    void store.init({ windowMs: windowMs[place] } as Options);
    return store;
  });
  const count = async (key: string) => {
    const infos = await Promise.all(stores.map((store) => store.increment(key)));
    return infos.map(({ totalHits, resetTime }) => ({ used: totalHits, resetAt: resetTime?.getTime() ?? 0 }));
  };
  const ask = async (key: string) => {
    const infos = await Promise.all(stores.map((store) => store.get(key)));
    return infos.map((info) =>
      info === undefined || info.totalHits === 0
        ? undefined
        : { used: info.totalHits, resetAt: info.resetTime?.getTime() ?? 0 },
    );
  };
  return {
    increment: async (key) => (await redis.attempt(() => count(key))) ?? own.increment(key),
    takeBack(key, places) {
      own.takeBack(key, places);
      void redis.attempt(() => Promise.all(places.map(async (place) => stores[place]?.decrement(key))));
    },
    read: async (key) => (await redis.attempt(() => ask(key))) ?? own.read(key),
    async reset(key) {
      await own.reset(key);
      await redis.attempt(() => Promise.all(stores.map((store) => store.resetKey(key))));
    },
    forget: own.forget,
  };
}
