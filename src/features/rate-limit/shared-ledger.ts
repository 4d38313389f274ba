// The ledger in Redis, one for all replicas; each process keeps its own while Redis is away.
import type { LimitState } from '#contract/quota.ts';
import type { Redis } from '../../redis.ts';
import { KEPT_MS, ledgerLimits } from './ledger.ts';
import type { Ledger, Refusal, Stopped, StoppedPartition } from './ledger.ts';

const PREFIX = 'gatehouse:limits:';
const CONSUMERS = `${PREFIX}consumers`;
const REFUSALS = `${PREFIX}refusals`;

const refusalKey = (requestId: string): string => `${PREFIX}refusal:${requestId}`;

/** Every key goes by itself: a day after the last that was written to it. */
const KEPT_SECONDS = String(KEPT_MS / 1000);

/** A sorted set by the end of the window; what is over goes, then the soonest to end. */
const NOTE_CONSUMER = `
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[4]))
return redis.call('EXPIRE', KEYS[1], ARGV[5])`;

/** A key for each, and a list of their ids, the oldest of which goes where there are too many. */
const NOTE_REFUSAL = `
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
redis.call('LPUSH', KEYS[2], KEYS[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
if redis.call('LLEN', KEYS[2]) > tonumber(ARGV[2]) then redis.call('DEL', redis.call('RPOP', KEYS[2])) end
return 1`;

/** A sorted set by the number of requests, with the sum beside it. Both end a day after they began. */
const NOTE_STOPPED = `
redis.call('ZINCRBY', KEYS[1], 1, ARGV[1])
redis.call('INCR', KEYS[2])
if redis.call('ZCARD', KEYS[1]) > tonumber(ARGV[2]) then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, 0) end
for index = 1, 2 do
  if redis.call('TTL', KEYS[index]) < 0 then redis.call('EXPIRE', KEYS[index], ARGV[3]) end
end
return 1`;

/** Members with their scores: in pairs where Redis speaks RESP3, in one row where it does not. */
function pairsOf(reply: unknown): [member: string, score: number][] {
  const flat = (reply as unknown[]).flat() as string[];
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index] ?? '', Number(flat[2 * index + 1])]);
}

/** A partition as text; its numbers change, these do not. */
const nameOf = ({ partition, key, label }: LimitState): string => JSON.stringify({ partition, key, label });

async function readStopped(redis: Redis, quota: string, now: number): Promise<Stopped | undefined> {
  const keys = [`${PREFIX}stopped:${quota}`, `${PREFIX}stopped-sum:${quota}`] as const;
  const [members, sum, left] = (await Promise.all([
    redis.call('ZREVRANGE', keys[0], '0', '-1', 'WITHSCORES'),
    redis.call('GET', keys[1]),
    redis.call('PTTL', keys[1]),
  ])) as [unknown, string | null, number];
  if (sum === null) return undefined;
  const partitions = pairsOf(members).map(([named, requests]) => ({
    ...(JSON.parse(named) as Omit<StoppedPartition, 'requests'>),
    requests,
  }));
  return { quota, requests: Number(sum), since: now - KEPT_MS + left, partitions };
}

/** @param own for while Redis is away */
export function createSharedLedger(redis: Redis, own: Ledger, now: () => number): Ledger {
  /** Nobody waits; what Redis does not take is kept here. */
  function note(script: string, keys: readonly string[], args: readonly string[], otherwise: () => void): void {
    void redis
      .attempt(() => redis.eval(script, keys, args))
      .then((done) => {
        if (done === undefined) otherwise();
      });
  }

  return {
    noteConsumer(state) {
      const end = String(Date.parse(state.resetsAt));
      const member = JSON.stringify({ ...state, used: 0, resetsAt: '' }); // the same each time, so that it is there once
      const args = [end, member, String(now()), String(ledgerLimits.consumers), KEPT_SECONDS];
      note(NOTE_CONSUMER, [CONSUMERS], args, () => own.noteConsumer(state));
    },
    async consumers() {
      const members = await redis.attempt(() =>
        redis.call('ZRANGEBYSCORE', CONSUMERS, `(${now()}`, '+inf', 'WITHSCORES'),
      );
      if (members === undefined) return await own.consumers();
      return pairsOf(members).map(([state, end]) => ({
        ...(JSON.parse(state) as LimitState),
        resetsAt: new Date(end).toISOString(),
      }));
    },
    noteRefusal(refusal) {
      const args = [JSON.stringify(refusal), String(ledgerLimits.refusals), KEPT_SECONDS];
      note(NOTE_REFUSAL, [refusalKey(refusal.requestId), REFUSALS], args, () => own.noteRefusal(refusal));
    },
    async findRefusal(requestId) {
      const text = await redis.attempt(() => redis.call('GET', refusalKey(requestId)));
      return typeof text === 'string' ? (JSON.parse(text) as Refusal) : await own.findRefusal(requestId);
    },
    noteStopped(state) {
      const keys = [`${PREFIX}stopped:${state.quota}`, `${PREFIX}stopped-sum:${state.quota}`];
      note(NOTE_STOPPED, keys, [nameOf(state), String(ledgerLimits.stopped), KEPT_SECONDS], () =>
        own.noteStopped(state),
      );
    },
    findStopped: async (quota) =>
      (await redis.attempt(() => readStopped(redis, quota, now()))) ?? (await own.findStopped(quota)),
  };
}
