import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseLog } from './engine.ts';

/**
 * How often the server is asked whether it is still there, and how long it may take to answer, twice. A frozen server
 * or a cut cable is noticed within 1.75 s; TCP keepalive would take minutes.
 */
const heartbeatMillis = 750;
const answerMillis = 500;

const longestPauseMillis = 2_000;

const farewellMillis = 500;

export interface ListenSettings {
  channel: string;
  config: pg.ClientConfig;
  log: DatabaseLog;
  /** Told each topic, and `'*'` after each (re)connection: changes before it may have been missed. */
  onTopic: (topic: string) => void;
  /** The connection stands, but the server does not answer on it. */
  onSilence: () => void;
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
      await Promise.race([lost, heartbeat(client, closing.signal, settings.onSilence)]);
    } finally {
      live = false;
      // A frozen server never answers the goodbye.
      await Promise.race([client.end(), delay(farewellMillis, undefined, { ref: false })]);
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

/** Resolves when the server has not answered, or on `signal`. */
async function heartbeat(client: pg.Client, signal: AbortSignal, onSilence: () => void): Promise<void> {
  const beat = () => client.query({ text: 'select 1', query_timeout: answerMillis } as pg.QueryConfig);
  try {
    for (;;) {
      await delay(heartbeatMillis, undefined, { signal });
      // After a while in which this very process was busy the answer is there, but unread: hence the second try.
      await beat().catch(beat);
    }
  } catch (error) {
    if (error instanceof Error && error.message === 'Query read timeout') onSilence();
  }
}

function pauseMillis(failures: number): number {
  return Math.min(longestPauseMillis, 50 * 2 ** failures) * (0.5 + Math.random() / 2);
}
