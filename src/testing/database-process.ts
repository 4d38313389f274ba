/**
 * The other process in the tests of the database: `node database-process.ts <act> <url>`. Acts print a line when they have
 * come so far that the test may go on.
 */
import { once } from 'node:events';
import { openEngine } from '../database/dialects.ts';
import { applyMigrations, type Migration } from '../database/migrate.ts';
import { openDatabase, type Database } from '../database/open.ts';
import { anEvent, aUser, uuidv7 } from './rows.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

async function withDatabase(url: string, act: (database: Database) => Promise<unknown>): Promise<void> {
  const database = await openDatabase({ url });
  await act(database);
  await database.close();
}

/** Two steps; the second one waits for the test, and would fail if it were applied twice. */
export const twoSteps = (waitInSecond: () => Promise<unknown>): Migration[] => [
  { name: '0001-one', up: (query) => query.schema.createTable('one').addColumn('id', 'text').execute() },
  {
    name: '0002-two',
    async up(query) {
      await query.schema.createTable('two').addColumn('id', 'text').execute();
      await waitInSecond();
      await query.schema.createTable('two_more').addColumn('id', 'text').execute();
    },
  },
];

export async function migrateTwoSteps(url: string, waitInSecond: () => Promise<unknown>): Promise<string[]> {
  const timeouts = { connectMillis: 5_000, statementMillis: 200, lockMillis: 200, idleInTransactionMillis: 200 };
  const log = { info() {}, warn() {}, error() {} };
  const engine = await openEngine({ url, poolSize: 2, timeouts, log, onChange() {}, onStatement() {} });
  try {
    return await applyMigrations(engine, twoSteps(waitInSecond), { now: () => 1 });
  } finally {
    await engine.close();
  }
}

const acts: Record<string, (url: string) => Promise<void>> = {
  /** One row and one topic. */
  note: (url) =>
    withDatabase(url, (database) =>
      database.transaction(async (tx) => {
        await tx.query.insertInto('app_secrets_seen').values({ secret_id: uuidv7(), first_seen_at: 1 }).execute();
        await tx.publish('noted');
      }),
    ),

  /** Reads a number and writes the next one, 40 times. */
  count: (url) =>
    withDatabase(url, async (database) => {
      for (let round = 0; round < 40; round += 1) {
        await database.transaction(async (tx) => {
          await tx.lock('count');
          const row = await tx.query.selectFrom('app_secrets_seen').select('first_seen_at').executeTakeFirstOrThrow();
          await new Promise(setImmediate);
          await tx.query
            .updateTable('app_secrets_seen')
            .set({ first_seen_at: row.first_seen_at + 1 })
            .execute();
        });
      }
    }),

  /** Holds a write transaction until its input ends. */
  hold: (url) =>
    withDatabase(url, (database) =>
      database.transaction(async (tx) => {
        await tx.lock('held');
        say('holding');
        await once(process.stdin.resume(), 'end');
      }),
    ),

  /** A user with an event in each transaction, without end; prints the id once the commit is acknowledged. */
  write: (url) =>
    withDatabase(url, async (database) => {
      for (;;) {
        const id = uuidv7();
        await database.transaction(async (tx) => {
          await tx.query.insertInto('users').values(aUser({ id })).execute();
          await tx.query
            .insertInto('security_events')
            .values(anEvent({ target_id: id }))
            .execute();
        });
        say(id);
      }
    }),

  migrate: async (url) => {
    say('starting');
    const names = await migrateTwoSteps(url, async () => {
      say('inside');
      await once(process.stdin.resume(), 'end');
    });
    say(`applied ${names.join(' ')}`);
  },
};

if (import.meta.main) await acts[process.argv[2] ?? '']?.(process.argv[3] ?? '');
