import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseLog } from './engine.ts';

/** How often the listening connection is asked whether it still lives, and how long it may take to answer. */
const heartbeatMillis = 2_000;

const longestPauseMillis = 2_000;

const farewellMillis = 500;

export interface ListenSettings {
  channel: string;
  config: pg.ClientConfig;
  log: DatabaseLog;
  /** Told each topic, and `'*'` after each (re)connection: changes before it may have been missed. */
  onTopic: (topic: string) => void;
}

/**
 * Keeps one dedicated connection listening, and connects again with growing pauses when it is lost.
 * Resolves after the first try, whether it succeeded or not.
 */
export async function listen(settings: ListenSettings) {
  const { log } = settings;
  const closing = new AbortController();
  const firstTry = Promise.withResolvers<void>();
  let live = false;
  let failures = 0;

  /** Returns when the connection is lost or closed; throws when there was none to lose. */
  async function listenOnce(): Promise<void> {
    const client = new pg.Client(settings.config);
    const lost = lossOf(client);
    try {
      await client.connect();
      await client.query(`listen ${settings.channel}`);
      client.on('notification', ({ payload }) => settings.onTopic(payload || '*'));
      if (failures > 0) log.info({}, 'listening for changes again');
      live = true;
      failures = 0;
      settings.onTopic('*');
      firstTry.resolve();
      await Promise.race([lost, heartbeatFailure(client, closing.signal)]);
    } finally {
      live = false;
      // A frozen server never answers the goodbye.
      await Promise.race([client.end(), delay(farewellMillis)]);
    }
  }

  async function listenForever(): Promise<void> {
    while (!closing.signal.aborted) {
      const reason = await listenOnce().then(
        () => new Error('the connection was lost'),
        (error: unknown) => error,
      );
      firstTry.resolve();
      if (closing.signal.aborted) return;
      if (failures === 0) log.warn({ err: reason }, 'not listening for changes; caches are not used meanwhile');
      failures += 1;
      await delay(pauseMillis(failures), undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  const ended = listenForever();
  await firstTry.promise;
  return {
    isLive: () => live,
    async close(): Promise<void> {
      closing.abort();
      await ended;
    },
  };
}

function lossOf(client: pg.Client): Promise<void> {
  return new Promise((resolve) => {
    client.on('error', () => resolve()); // stays attached: a second 'error' without a listener would end the process
    client.once('end', resolve);
  });
}

/** TCP keepalive takes minutes to notice a frozen server or a cut cable. Resolves at the first beat not answered. */
async function heartbeatFailure(client: pg.Client, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await delay(heartbeatMillis, undefined, { signal });
      await client.query({ text: 'select 1', query_timeout: heartbeatMillis } as pg.QueryConfig);
    }
  } catch {
    // not answered, or closing
  }
}

function pauseMillis(failures: number): number {
  return Math.min(longestPauseMillis, 50 * 2 ** failures) * (0.5 + Math.random() / 2);
}
