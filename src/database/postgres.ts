import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import type pg from 'pg';
import { appendOnlyPostgres } from './append-only.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { isRetriable, unavailable } from './faults.ts';
import { grantPostgres } from './grants.ts';
import { listen } from './listen.ts';
import { clientConfig, openPool } from './pool.ts';
import { refuseWrites } from './refuse-writes.ts';
import type { Tables } from './schema.ts';

const channel = 'gatehouse';

/** A transaction that lost against another one (40001, 40P01) is run this often in all. */
const tries = 3;

const pingMillis = 2_000;

/** Opens a bounded pool and the connection that listens for changes. Does not fail while the server is away. */
export async function openPostgres(settings: EngineSettings): Promise<Engine> {
  const { pool, cut } = openPool(settings);
  const write = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), log: settings.onStatement });
  const listener = await listen({
    channel,
    config: { ...clientConfig(settings), application_name: 'gatehouse-listen' },
    log: settings.log,
    onTopic: settings.onChange,
    onSilence: cut, // else every request waits as long as the server is frozen
  });

  return {
    dialect: 'postgres',
    read: write.withPlugin(refuseWrites),
    transaction: (run) => transact(write, run),
    exclusively: (name, run) =>
      transact(write, async (query) => {
        await waitPatiently(query, name, settings.timeouts.lockMillis);
        return run(query);
      }),
    lock,
    announce: async (query, topic) => {
      await sql`select pg_notify(${channel}, ${topic})`.execute(query);
    },
    check: listener.isLive,
    appendOnly: appendOnlyPostgres,
    grant: grantPostgres,
    hasTable: async (name) => {
      const { rows } = await sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`.execute(write);
      return rows[0]?.found === true;
    },
    ping: () => ping(pool),
    integrityCheck: () => integrityCheck(write),
    close: async () => {
      await listener.close();
      await write.destroy();
      if (!pool.ending) await pool.end(); // Kysely ends only a pool it has used
    },
  };
}

async function transact<T>(write: Kysely<Tables>, run: (query: Transaction<Tables>) => Promise<T>): Promise<T> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await write.transaction().execute(run);
    } catch (error) {
      if (left === 0 || !isRetriable(error)) throw error;
      await delay(5 + Math.random() * 45); // so that the same two do not meet again
    }
  }
}

async function lock(query: Transaction<Tables>, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(query);
}

/** A migration may run long and waits for one that does; only for the locks of running requests it stays impatient. */
async function waitPatiently(query: Transaction<Tables>, name: string, lockMillis: number): Promise<void> {
  await sql`set local lock_timeout = 0`.execute(query);
  await sql`set local statement_timeout = 0`.execute(query);
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(query);
  await lock(query, name);
  await sql.raw(`set local lock_timeout = ${lockMillis}`).execute(query);
}

/** Rejects within 2 s; also where the server answers but would refuse to write (a standby). */
async function ping(pool: pg.Pool): Promise<void> {
  const timer = new AbortController();
  const late = delay(pingMillis, undefined, { signal: timer.signal }).then(() => {
    throw unavailable('the database did not answer the ping in time');
  });
  const answer = pool.query<{ mode: string }>("select current_setting('transaction_read_only') as mode");
  answer.catch(() => undefined); // it may lose the race and fail later
  try {
    const { rows } = await Promise.race([answer, late]);
    if (rows[0]?.mode !== 'off') throw unavailable('the database is read-only');
  } finally {
    late.catch(() => undefined);
    timer.abort();
  }
}

async function integrityCheck(query: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ finding: string }>`
    select format('index %s is not valid', indexrelid::regclass) as finding from pg_index where not indisvalid
    union all
    select format('%s pages with a wrong checksum', checksum_failures) from pg_stat_database
     where datname = current_database() and checksum_failures > 0`.execute(query);
  return rows.map(({ finding }) => finding);
}
