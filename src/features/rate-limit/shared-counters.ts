// Counters in Redis, shared by all replicas; in the process while Redis does not answer, with the same quotas.
import { createHash } from 'node:crypto';
import type { ClientRateLimitInfo, Options, Store } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import type { RedisReply } from 'rate-limit-redis';
import type { Redis } from '../../redis.ts';
import { MemoryCounters } from './memory-counters.ts';

/** Only where the counter is still there: a DECR of a key that has expired would make one that never does. */
const TAKE_BACK = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('DECR', KEYS[1]) end";

/** What the store's own script does, for several keys at once: KEYS are counters, ARGV their windows in milliseconds. */
const INCREMENT_ALL = `
local replies = {}
for index, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left <= 0 then
    redis.call('SET', key, 1, 'PX', ARGV[index])
    replies[index] = { 1, tonumber(ARGV[index]) }
  else
    replies[index] = { redis.call('INCR', key), left }
  end
end
return replies`;

interface Waiting {
  key: string;
  windowMs: string;
  resolve(reply: RedisReply): void;
  reject(error: unknown): void;
}

/**
 * What RedisStore sends. Its increments that are begun in one turn of the event loop go as one command: six of them cost Redis and
 * the connection three times as much. Its scripts are never loaded: it keeps a failed load for ever, and would fail every request
 * from then on, also when Redis is back; so the answer to SCRIPT LOAD is always what it would be, the script's SHA-1.
 */
export function createSend(redis: Redis): (...command: string[]) => Promise<RedisReply> {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      const keys = batch.map(({ key }) => key);
      const windows = batch.map(({ windowMs }) => windowMs);
      const replies = (await redis.eval(INCREMENT_ALL, keys, windows)) as RedisReply[];
      for (const [index, { resolve }] of batch.entries()) resolve(replies[index] as RedisReply);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (name = '', subcommand = '', ...rest) => {
    if (name === 'SCRIPT')
      return Promise.resolve(
        createHash('sha1')
          .update(rest[0] ?? '')
          .digest('hex'),
      );
    if (name !== 'EVALSHA' || rest.length !== 3) return redis.call(name, subcommand, ...rest) as Promise<RedisReply>;
    const [, key = '', windowMs = ''] = rest;
    return new Promise((resolve, reject) => {
      waiting.push({ key, windowMs, resolve, reject });
      if (waiting.length === 1) queueMicrotask(() => void flush());
    });
  };
}

export class SharedCounters implements Store {
  readonly localKeys = false;
  readonly prefix: string;
  readonly #redis: Redis;
  readonly #shared: RedisStore;
  readonly #own: MemoryCounters;

  /** @param prefix of this quota's keys alone */
  constructor(redis: Redis, send: ReturnType<typeof createSend>, prefix: string, windowMs: number, now: () => number) {
    this.prefix = prefix;
    this.#redis = redis;
    this.#shared = new RedisStore({ prefix, sendCommand: send });
    this.#own = new MemoryCounters(windowMs, now);
  }

  init(options: Options): void {
    void this.#shared.init(options);
  }

  async increment(key: string): Promise<ClientRateLimitInfo> {
    return (await this.#redis.attempt(() => this.#shared.increment(key))) ?? this.#own.increment(key);
  }

  async decrement(key: string): Promise<void> {
    this.#own.decrement(key);
    await this.#redis.attempt(() => this.#redis.call('EVAL', TAKE_BACK, '1', this.prefix + key));
  }

  async resetKey(key: string): Promise<void> {
    this.#own.resetKey(key);
    await this.#redis.attempt(() => this.#shared.resetKey(key));
  }
}
