import { sql } from 'kysely';
import { expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../testing/dialects.ts';
import { isUnavailable, type Database } from './open.ts';
import { faultOf } from '../testing/database-fault.ts';
import { proxyBefore } from '../testing/tcp-proxy.ts';

const read = (database: Database) => database.read.selectFrom('app_secrets_seen').select('secret_id').execute();

const write = (database: Database, id: string) =>
  database.transaction((tx) =>
    tx.query.insertInto('app_secrets_seen').values({ secret_id: id, first_seen_at: 1 }).execute(),
  );

/** All calls fail, and say that it is an outage. */
async function expectOutage(database: Database): Promise<void> {
  const faults = await Promise.all([read(database), write(database, 'never'), database.ping()].map(faultOf));
  expect(faults.map(isUnavailable)).toEqual([true, true, true]);
}

/** The same database object works again, without a restart. */
async function expectRecovery(database: Database): Promise<void> {
  await vi.waitFor(() => database.ping(), { timeout: 10_000 });
  await vi.waitFor(() => expect(database.changes.check()).toBe(true), { timeout: 10_000 });
  await write(database, 'after');
  expect((await read(database)).map(({ secret_id }) => secret_id)).toEqual(['after']);
}

describeEachDatabase(
  'a PostgreSQL that goes away',
  ({ open, freshUrl }) => {
    it('RE-05 is an outage while it is down, and works again when it is back; caches forget what they knew', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      const database = await open({ url: proxy.url });
      const topics: string[] = [];
      database.changes.subscribe((topic) => topics.push(topic));
      await read(database);
      expect(database.changes.check()).toBe(true);
      await proxy.down();
      await vi.waitFor(() => expect(database.changes.check()).toBe(false), 15_000);
      await expectOutage(database);
      expect(topics).toEqual([]);
      await proxy.up();
      await expectRecovery(database);
      expect(topics).toEqual(['*']);
    });

    it('RE-05 in the middle of a transaction fails it, and leaves nothing of it', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      const database = await open({ url: proxy.url });
      const error = await faultOf(
        database.transaction(async (tx) => {
          await tx.query.insertInto('app_secrets_seen').values({ secret_id: 'half', first_seen_at: 1 }).execute();
          await proxy.down();
          await tx.query.insertInto('app_secrets_seen').values({ secret_id: 'rest', first_seen_at: 1 }).execute();
        }),
      );
      expect(isUnavailable(error)).toBe(true);
      await proxy.up();
      await expectRecovery(database);
    });

    it('does not hide why a transaction failed behind the failure of its roll-back', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      const database = await open({ url: proxy.url });
      const own = new Error('a rule says no');
      const failing = database.transaction(async () => {
        await proxy.down();
        throw own;
      });
      await expect(failing).rejects.toBe(own);
    });

    it('RE-05 frozen, makes nobody wait: what was asked fails, and so does what is asked then', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      const database = await open({ url: proxy.url, timeouts: { statementMillis: 600_000 } });
      await read(database);
      proxy.freeze();
      // With a statement time-out of ten minutes these end only because the silence was noticed.
      await expectOutage(database);
      await expectOutage(database);
      expect(database.changes.check()).toBe(false);
      proxy.thaw();
      await expectRecovery(database);
    });

    it('RE-05 that ends all its sessions is an outage once, if at all', async () => {
      const { url } = await freshUrl();
      const database = await open({ url });
      const operator = await open({ url });
      const topics: string[] = [];
      database.changes.subscribe((topic) => topics.push(topic));
      const sleeping = faultOf(sql`select pg_sleep(60)`.execute(database.read));
      const others = sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`;
      await vi.waitFor(async () => {
        const running = await sql`select 1 from pg_stat_activity where query like '%pg_sleep(60)' and state = 'active'
          and pid <> pg_backend_pid() and datname = current_database()`.execute(operator.read);
        expect(running.rows).toHaveLength(1);
      }, 15_000);
      await others.execute(operator.read);
      const error = await sleeping;
      expect(error).toMatchObject({ code: '57P01' });
      expect(isUnavailable(error)).toBe(true);
      await vi.waitFor(() => expect(topics).toContain('*'), { timeout: 10_000 });
      await expectRecovery(database);
    });

    it('RE-05 away at the start does not keep it from being opened, and is used when it comes', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      await proxy.down();
      const database = await open({ url: proxy.url });
      expect(database.changes.check()).toBe(false);
      await expectOutage(database);
      expect(isUnavailable(await faultOf(database.pendingMigrations()))).toBe(true);
      await proxy.up();
      await expectRecovery(database);
    });

    it('RE-05 that would refuse to write does not count as there', async () => {
      const { url } = await freshUrl();
      const operator = await open({ url });
      await operator.transaction(({ query }) =>
        sql`do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`.execute(
          query,
        ),
      );
      const database = await open({ url });
      const faults = await Promise.all([database.ping(), write(database, 'never')].map(faultOf));
      expect(faults.map(isUnavailable)).toEqual([true, true]);
      await read(database);
    });

    it('can be closed while it is away', async () => {
      const proxy = await proxyBefore((await freshUrl()).url);
      const database = await open({ url: proxy.url });
      await read(database);
      proxy.freeze();
      await expect(database.close()).resolves.toBeUndefined();
    });
  },
  'postgres',
);
