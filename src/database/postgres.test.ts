import { sql } from 'kysely';
import { expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../testing/dialects.ts';
import { isUnavailable, type Database, type Tx } from './open.ts';
import { faultOf } from '../testing/database-fault.ts';
import { anEvent, aUser } from '../testing/rows.ts';

const connections = async (database: Database): Promise<number> => {
  const counted = sql<{ count: number }>`select count(*) as count from pg_stat_activity
    where datname = current_database() and application_name = 'gatehouse'`;
  return (await counted.execute(database.read)).rows[0]?.count ?? 0;
};

const raise = (tx: Tx, state: string) => sql.raw(`do $$ begin raise sqlstate '${state}'; end $$`).execute(tx.query);

describeEachDatabase(
  'PostgreSQL',
  ({ open, freshUrl }) => {
    it('DU-02 opens no more connections than it may, and a caller waits for one only so long', async () => {
      const database = await open({ poolSize: 2, timeouts: { connectMillis: 300 } });
      const observer = await open({ poolSize: 1 });
      const { promise: end, resolve } = Promise.withResolvers<void>();
      const begun = vi.fn();
      const two = [1, 2].map(() =>
        database.transaction(async () => {
          begun();
          await end;
        }),
      );
      await vi.waitFor(() => expect(begun).toHaveBeenCalledTimes(2), 15_000);
      const error = await faultOf(database.read.selectFrom('users').selectAll().execute());
      expect(error).toBeInstanceOf(Error);
      expect(isUnavailable(error)).toBe(true);
      resolve();
      await Promise.all(two);
      await Promise.all(Array.from({ length: 12 }, () => database.read.selectFrom('users').selectAll().execute()));
      expect(await connections(database)).toBe(2);
      expect(await connections(observer)).toBe(1);
    });

    it('DU-02 ends a statement that runs too long', async () => {
      const database = await open({ timeouts: { statementMillis: 100 } });
      const error = await faultOf(sql`select pg_sleep(60)`.execute(database.read));
      expect(error).toMatchObject({ code: '57014' });
      expect(isUnavailable(error)).toBe(true);
    });

    it('DU-02 ends a wait for a lock', async () => {
      const { url } = await freshUrl();
      const [holder, waiter] = [await open({ url }), await open({ url, timeouts: { lockMillis: 100 } })];
      const error = await holder.transaction(async (tx) => {
        await tx.lock('rule');
        return faultOf(waiter.transaction((other) => other.lock('rule')));
      });
      expect(error).toMatchObject({ code: '55P03' });
      expect(isUnavailable(error)).toBe(true);
      await waiter.transaction((tx) => tx.lock('rule'));
    });

    it('DU-02 ends a transaction that sits idle, and frees what it held', async () => {
      const { url } = await freshUrl();
      const idler = await open({ url, timeouts: { idleInTransactionMillis: 100 } });
      const waiter = await open({ url });
      const error = await faultOf(
        idler.transaction(async (tx) => {
          await tx.lock('rule');
          expect(await faultOf(waiter.transaction((other) => other.lock('rule')))).toBeUndefined();
          await tx.query.selectFrom('users').selectAll().execute();
        }),
      );
      expect(isUnavailable(error)).toBe(true);
      expect(await idler.transaction(async () => 'again')).toBe('again');
    });

    it('DU-02 runs a whole transaction again that lost against another, with empty queues', async () => {
      const database = await open();
      const topics: string[] = [];
      const acts: number[] = [];
      database.changes.subscribe((topic) => topics.push(topic));
      let tries = 0;
      const result = await database.transaction(async (tx) => {
        tries += 1;
        const own = tries;
        tx.afterCommit(() => void acts.push(own));
        await tx.publish(`try ${own}`);
        await tx.query.insertInto('app_secrets_seen').values({ secret_id: 'same', first_seen_at: own }).execute();
        if (own < 3) await raise(tx, own === 1 ? '40001' : '40P01');
        return own;
      });
      expect([result, acts]).toEqual([3, [3]]);
      await vi.waitFor(() => expect(new Set(topics)).toEqual(new Set(['try 3'])), 15_000);
      expect(await database.read.selectFrom('app_secrets_seen').selectAll().execute()).toEqual([
        { secret_id: 'same', first_seen_at: 3 },
      ]);
    });

    it('DU-02 tries three times, and only what may succeed then', async () => {
      const database = await open();
      for (const [state, expected] of [
        ['40001', 3],
        ['40P01', 3],
        ['22012', 1],
        ['57014', 1],
      ] as const) {
        let tries = 0;
        const error = await faultOf(
          database.transaction(async (tx) => {
            tries += 1;
            await raise(tx, state);
          }),
        );
        expect(error).toMatchObject({ code: state });
        expect([state, tries]).toEqual([state, expected]);
      }
    });

    it('DU-02 gets both of two transactions through that really block each other', async () => {
      const database = await open();
      const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
      const crossing = (own: 0 | 1) =>
        database.transaction(async (tx) => {
          await tx.lock(`row ${own}`);
          arrived[own].resolve();
          await arrived[own === 0 ? 1 : 0].promise;
          await tx.lock(`row ${own === 0 ? 1 : 0}`);
          return own;
        });
      expect(await Promise.all([crossing(0), crossing(1)])).toEqual([0, 1]);
    });

    it('DU-02 does not go on without TLS where the URL asks for it', async () => {
      const url = Object.assign(new URL((await freshUrl()).url), { search: '?sslmode=verify-full' }).href;
      const database = await open({ url });
      await expect(database.ping()).rejects.toThrow('does not support SSL');
    });

    it('keeps the parser of big numbers to itself', async () => {
      const { default: pg } = await import('pg');
      await open();
      expect(pg.types.getTypeParser(pg.types.builtins.INT8)('1')).toBe('1');
    });

    it('DP-08 runs under a role that may not change the schema, nor the log of security events', async () => {
      const { url } = await freshUrl();
      const owner = await open({ url });
      const role = `gatehouse_test_server_${process.pid}`;
      await owner.transaction(async ({ query }) => {
        await sql.raw(`create role ${role} login password 'server'`).execute(query);
        await sql.raw(`grant select, insert, update, delete on all tables in schema public to ${role}`).execute(query);
      });
      try {
        const server = await open({ url: Object.assign(new URL(url), { username: role, password: 'server' }).href });
        expect(await server.pendingMigrations()).toEqual([]);
        expect(await server.migrate()).toEqual([]);
        await server.transaction(async (tx) => {
          await tx.lock('rule');
          await tx.query.insertInto('users').values(aUser()).execute();
          await tx.query.insertInto('security_events').values(anEvent()).execute();
          await tx.publish('users');
        });
        expect(server.changes.check()).toBe(true);
        for (const statement of [
          'create table more (id text)',
          'alter table users add column more text',
          'drop table users',
          'alter table security_events disable trigger all',
          'drop trigger security_events_append_only_row on security_events',
          'set session_replication_role = replica',
          'truncate security_events',
        ]) {
          const refused = server.transaction(({ query }) => sql.raw(statement).execute(query));
          await expect(refused, statement).rejects.toMatchObject({ code: '42501' });
        }
      } finally {
        await owner.transaction(({ query }) => sql.raw(`drop owned by ${role}; drop role ${role}`).execute(query));
      }
    });
  },
  'postgres',
);
