// Counters in Redis, shared by all replicas; in the process while Redis does not answer, with the same quotas.
import { createHash } from 'node:crypto';
import type { ClientRateLimitInfo, Options, Store } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import type { RedisReply } from 'rate-limit-redis';
import type { Redis } from '../../redis.ts';
import { MemoryCounters } from './memory-counters.ts';

/** Only where the counter is still there: a DECR of a key that has expired would make one that never does. */
const TAKE_BACK = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('DECR', KEYS[1]) end";

/**
 * RedisStore loads its scripts once, keeps a failed load for ever, and would fail every request from then on, also when Redis is
 * back. So the answer to SCRIPT LOAD is always what it would be, the script's SHA-1; where Redis does not have the script yet,
 * EVALSHA says so and the store loads it again.
 */
async function send(redis: Redis, command: readonly string[]): Promise<RedisReply> {
  const [name, subcommand, script = ''] = command;
  if (name !== 'SCRIPT' || subcommand !== 'LOAD') return (await redis.call(...command)) as RedisReply;
  const sha = createHash('sha1').update(script).digest('hex');
  await redis.call(...command).catch(() => {});
  return sha;
}

export class SharedCounters implements Store {
  readonly localKeys = false;
  readonly prefix: string;
  readonly #redis: Redis;
  readonly #shared: RedisStore;
  readonly #own: MemoryCounters;

  /** @param prefix of this quota's keys alone */
  constructor(redis: Redis, prefix: string, windowMs: number, now: () => number) {
    this.prefix = prefix;
    this.#redis = redis;
    this.#shared = new RedisStore({ prefix, sendCommand: (...command: string[]) => send(redis, command) });
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
