import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import BetterSqlite from 'better-sqlite3';
import { sql, type Kysely } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../testing/dialects.ts';
import { isUnavailable, openDatabase, type Tables } from './open.ts';
import { assertVersion } from './sqlite.ts';
import { startChild } from '../testing/database-child.ts';
import { faultOf } from '../testing/database-fault.ts';
import { aSession, aUser } from '../testing/rows.ts';

const pragma = async (query: Kysely<Tables>, name: string) =>
  Object.values((await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(query)).rows[0] ?? {})[0];

describeEachDatabase(
  'SQLite',
  ({ open, freshUrl }) => {
    it('DU-01 writes through the log, synchronously, with foreign keys and a short busy time-out', async () => {
      const database = await open();
      const settings = await database.transaction(async ({ query }) => ({
        journal: await pragma(query, 'journal_mode'),
        synchronous: await pragma(query, 'synchronous'),
        foreignKeys: await pragma(query, 'foreign_keys'),
        recursiveTriggers: await pragma(query, 'recursive_triggers'),
        busyTimeout: await pragma(query, 'busy_timeout'),
      }));
      const full = 2;
      expect(settings).toEqual({
        journal: 'wal',
        synchronous: full,
        foreignKeys: 1,
        recursiveTriggers: 1,
        busyTimeout: 50,
      });
      expect(await pragma(database.read, 'query_only')).toBe(1);
    });

    it('DU-01 makes the folder, and files only the owner may read', async () => {
      const folder = join(dirname((await freshUrl()).url.slice('file:'.length)), 'new');
      const path = join(folder, 'data.sqlite');
      const database = await open({ url: `file:${path}` });
      await database.migrate();
      for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    });

    it('DU-01 finds rows that name missing rows, and damaged pages', async () => {
      const { url } = await freshUrl();
      const database = await open({ url });
      await database.transaction(async ({ query }) => {
        for (let row = 0; row < 200; row += 1) await query.insertInto('users').values(aUser()).execute();
      });
      expect(await database.integrityCheck()).toEqual([]);
      await database.close();

      const path = url.slice('file:'.length);
      const careless = new BetterSqlite(path);
      careless.pragma('foreign_keys = OFF');
      const { id, salt, counter } = aSession('nobody');
      careless
        .prepare("insert into sessions values (?, 'nobody', ?, ?, 'token', 1, 1, null, 1, 1, null, null, '', '')")
        .run(id, counter, salt);
      careless.close();
      const orphaned = await open({ url });
      expect(await orphaned.integrityCheck()).toEqual(['a row of sessions names a missing row of users']);
      await orphaned.close();

      const file = openSync(path, 'r+');
      writeSync(file, Buffer.alloc(4096, 7), 0, 4096, statSync(path).size - 4096 * 3);
      closeSync(file);
      expect(await (await open({ url })).integrityCheck()).not.toEqual([]);
    });

    it('RE-02 loses no update of several processes that read first and write then', async () => {
      const { url } = await freshUrl();
      const database = await open({ url });
      await database.transaction(({ query }) =>
        query.insertInto('app_secrets_seen').values({ secret_id: 'count', first_seen_at: 0 }).execute(),
      );
      const children = [1, 2, 3].map(() => startChild('count', url));
      expect(await Promise.all(children.map((child) => child.exitCode()))).toEqual([0, 0, 0]);
      const row = await database.read.selectFrom('app_secrets_seen').select('first_seen_at').executeTakeFirst();
      expect(row).toEqual({ first_seen_at: 120 });
      expect(await database.integrityCheck()).toEqual([]);
    });

    it('DU-01 waits for another process without standing still, reads on meanwhile, and gives up in the end', async () => {
      const { url } = await freshUrl();
      const child = startChild('hold', url);
      await vi.waitFor(() => expect(child.lines).toEqual(['holding']), 15_000);
      const database = await open({ url, timeouts: { lockMillis: 300 } });
      const run = vi.fn(async () => 'written');
      const before = performance.eventLoopUtilization();
      const refused = faultOf(database.transaction(run));
      expect(await database.read.selectFrom('users').selectAll().execute()).toEqual([]);
      const error = await refused;
      expect(error).toBeInstanceOf(Error);
      expect(isUnavailable(error)).toBe(true);
      expect(run).not.toHaveBeenCalled();
      // Had it waited inside SQLite, most of the time would have gone by in one long turn after another.
      expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
      child.release();
      await child.exitCode();
      expect(await database.transaction(run)).toBe('written');
    });

    it('gives up waiting for a writer of this process that does not end', async () => {
      const database = await open({ timeouts: { lockMillis: 100 } });
      const { promise: end, resolve } = Promise.withResolvers<void>();
      const endless = database.transaction(() => end);
      const error = await faultOf(database.transaction(async () => 1));
      expect(isUnavailable(error)).toBe(true);
      resolve();
      await endless;
      expect(await database.transaction(async () => 2)).toBe(2);
    });

    it('lets the writers of this process take turns in the order they came', async () => {
      const database = await open();
      const order: number[] = [];
      await Promise.all(
        [1, 2, 3, 4].map((writer) =>
          database.transaction(async () => {
            await delay(1);
            order.push(writer);
          }),
        ),
      );
      expect(order).toEqual([1, 2, 3, 4]);
    });
  },
  'sqlite',
);

describe('openDatabase', () => {
  it('RE-02 refuses an SQLite that may corrupt what several connections write', () => {
    for (const version of ['3.51.2', '3.50.9', '2.99.99'])
      expect(() => assertVersion(version)).toThrow('older than 3.51.3');
    for (const version of ['3.51.3', '3.52.0', '4.0.0']) expect(() => assertVersion(version)).not.toThrow();
  });

  it('refuses other URLs without repeating them', async () => {
    const error = await faultOf(openDatabase({ url: 'mysql://root:hunter2@db/app' }));
    expect(String(error)).toContain('file:');
    expect(String(error)).not.toContain('hunter2');
    for (const url of ['file:', 'file::memory:'])
      await expect(openDatabase({ url })).rejects.toThrow('must name a file');
  });

  it('says that it cannot open a file where there can be none', async () => {
    await expect(openDatabase({ url: 'file:/dev/null/x.sqlite' })).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});
