// The connection to Redis, or none. It must never make a request wait: what it does not answer at once is done without it.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Redis as Client } from 'ioredis';
import type { Logger } from './log.ts';

/** What a command may take, so that a Redis that hangs costs a request no more than this, once. */
const COMMAND_MS = 80;

/** After a failure nobody asks for so long. */
const REST_MS = 1_000;

/** So many probes without an answer, and the connection is made anew: it may be one that only this end still knows of. */
const PROBES_A_CONNECTION = 3;

const LONGEST_RECONNECT_MS = 1_000;

const PING_MS = 2_000;

export interface Redis {
  /** @throws where Redis does not answer, or refuses */
  call(...command: string[]): Promise<unknown>;
  /** A script, by its SHA-1 where Redis has it already. */
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** Undefined where Redis is away; while it is, that costs nothing. */
  attempt<T>(act: () => Promise<T>): Promise<T | undefined>;
  /** For the operator: waits for the connection too, 2 s at most. @throws where Redis does not answer as fast as requests need it */
  ping(): Promise<void>;
  /** Whether the last attempt was answered. */
  isAnswering(): boolean;
  close(): void;
}

interface BreakerParts {
  onChange: (isAnswering: boolean, reason: string) => void;
  /** Fails where Redis does not answer. */
  probe: () => Promise<unknown>;
  /** Gives the connection up for a new one. */
  reconnect: () => void;
}

/**
 * Opens after a failure. From then on no request waits: now and then Redis is asked beside them, and its first answer closes the breaker.
 */
function createBreaker({ onChange, probe, reconnect }: BreakerParts) {
  let isAnswering = true;
  let restUntil = 0;
  let isProbing = false;
  let failedProbes = 0;

  function settle(answered: boolean, reason = ''): void {
    if (!answered) restUntil = performance.now() + REST_MS;
    if (answered === isAnswering) return;
    isAnswering = answered;
    onChange(answered, reason);
  }

  async function settled<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      const reply = await act();
      settle(true);
      return reply;
    } catch (error) {
      settle(false, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  async function ask(): Promise<void> {
    if (isAnswering || isProbing) return;
    isProbing = true;
    await settled(probe);
    isProbing = false;
    failedProbes = isAnswering ? 0 : failedProbes + 1;
    if (failedProbes % PROBES_A_CONNECTION === 0 && failedProbes > 0) reconnect();
  }

  return {
    isAnswering: () => isAnswering,
    ask: () => void ask(),
    async attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
      if (isAnswering) return await settled(act);
      if (performance.now() >= restUntil) void ask();
      return undefined;
    },
  };
}

/**
 * A timer that is late says that this process was busy, not that Redis was: what has arrived meanwhile is read first. (ioredis's own
 * `commandTimeout` would give up, and each server would count by itself for a second.)
 */
function inTime(command: Promise<unknown>): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => setImmediate(() => reject(new Error(`no answer in ${COMMAND_MS} ms`))), COMMAND_MS);
  void command.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}

const shas = new Map<string, string>();

function shaOf(script: string): string {
  const known = shas.get(script) ?? createHash('sha1').update(script).digest('hex');
  shas.set(script, known);
  return known;
}

/** Does not wait for the connection: without Redis everything works, each process by itself. */
export function openRedis({ url, log }: { url: string; log: Logger }): Redis {
  const client = new Client(url, {
    connectTimeout: LONGEST_RECONNECT_MS,
    maxRetriesPerRequest: 1,
    // A command that was queued, or sent twice, would count a request late, or twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(times * 100, LONGEST_RECONNECT_MS),
  });
  // Without a listener ioredis writes to the console; what matters is logged once by the breaker.
  client.on('error', () => {});
  const { ask, ...breaker } = createBreaker({
    onChange(isAnswering, reason) {
      if (isAnswering) log.info('Redis answers again: limits are shared by all servers');
      else log.warn({ reason }, 'Redis does not answer: each server counts by itself until it does');
    },
    reconnect: () => client.disconnect(true),
    // A write: Redis may answer a ping and yet take no counts (read-only, out of memory), and nobody wants to hear of that each second.
    probe: () => inTime(client.set('gatehouse:probe', '1', 'PX', REST_MS)),
  });
  client.on('ready', ask);
  return {
    ...breaker,
    async eval(script, keys, args) {
      const given = [String(keys.length), ...keys, ...args];
      try {
        return await inTime(client.call('EVALSHA', shaOf(script), ...given));
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return await inTime(client.call('EVAL', script, ...given));
      }
    },
    async ping() {
      if (client.status !== 'ready') await once(client, 'ready', { signal: AbortSignal.timeout(PING_MS) });
      await inTime(client.ping());
    },
    call: (...[command = '', ...rest]) => inTime(client.call(command, ...rest)),
    close: () => client.disconnect(),
  };
}
