// express-rate-limit's stores for what quotas do not count: bounded counters of this process, and Redis's while it answers.
import { createHash } from 'node:crypto';
import type { Store } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import type { RedisReply } from 'rate-limit-redis';
import type { Redis } from '../../redis.ts';
import type { OwnCounters } from './counters.ts';
import type { Policy } from './policies.ts';
import { storedWindowsOf } from './stored-windows.ts';

/** A limiter never takes back here: whatever is asked for counts. */
const decrement = (): void => {};

/** Its own store in memory is not bounded: a million made-up addresses fill 197 MB. Also what a release resets, and where `limits` looks. */
export function createProcessStore(counters: OwnCounters, policy: Policy): Store {
  return {
    localKeys: true,
    increment(key) {
      const { used = 1, resetAt = 0 } = counters.count([{ policy, key }], []).enforced[0] ?? {};
      return { totalHits: used, resetTime: new Date(resetAt) };
    },
    decrement,
    resetKey: (key) => counters.forget([{ policy, key }]),
  };
}

/**
 * rate-limit-redis keeps a script that could not be loaded for ever, and would fail from then on, also when Redis is back. So the answer to
 * SCRIPT LOAD is what it would be, the script's SHA-1, made here; Redis gets a script with its first use.
 */
function createSendCommand(redis: Redis): (...command: string[]) => Promise<RedisReply> {
  const scripts = new Map<string, string>();
  return async (...command) => {
    const [name, first = '', second = '', ...rest] = command;
    if (name === 'SCRIPT') {
      const sha = createHash('sha1').update(second).digest('hex');
      scripts.set(sha, second);
      return sha;
    }
    const [key = '', ...args] = rest;
    const reply = name === 'EVALSHA' ? redis.eval(scripts.get(first) ?? '', [key], args) : redis.call(...command);
    return (await reply) as RedisReply;
  };
}

/**
 * In the keys that the counters of quotas would have, so that they are read and reset like those.
 * @param own for while Redis is away: with the same limit, in each process
 */
export function createSharedStore(redis: Redis, policy: Policy, own: Store): Store {
  const prefix = storedWindowsOf(policy)[0]?.prefix ?? '';
  const shared = new RedisStore({ prefix, sendCommand: createSendCommand(redis) });
  return {
    prefix,
    init: (options) => void shared.init(options),
    increment: async (key) => (await redis.attempt(() => shared.increment(key))) ?? own.increment(key),
    decrement,
    async resetKey(key) {
      await own.resetKey(key);
      await redis.attempt(() => shared.resetKey(key));
    },
  };
}
