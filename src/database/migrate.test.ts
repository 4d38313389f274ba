import { sql } from 'kysely';
import { expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../testing/dialects.ts';
import { migrations } from './migrations/index.ts';
import { isUnavailable } from './open.ts';
import { startChild } from '../testing/database-child.ts';
import { columnsOf } from '../testing/introspection.ts';
import { migrateTwoSteps } from '../testing/database-process.ts';

const names = migrations.map(({ name }) => name);

describeEachDatabase('migrations', ({ open, freshUrl }) => {
  it('are pending in an empty database, are applied once, in order, and dated', async () => {
    const { url } = await freshUrl({ empty: true });
    const database = await open({ url, now: () => 1_700_000_000_000 });
    expect(await database.pendingMigrations()).toEqual(names);
    expect(await database.migrate()).toEqual(names);
    expect(await database.migrate()).toEqual([]);
    expect(await database.pendingMigrations()).toEqual([]);
    const rows = await database.read.selectFrom('schema_migrations').selectAll().orderBy('name').execute();
    expect(rows).toEqual(names.map((name) => ({ name, applied_at: 1_700_000_000_000 })));
  });

  it('have names that say their order', () => {
    const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+$/.exec(name)?.[1]);
    expect(numbers).toEqual(names.map((_, index) => String(index + 1).padStart(4, '0')));
  });

  it('RE-16 of a later release are no fault: the earlier one stays ready', async () => {
    const database = await open();
    const later = { name: '9999-later', applied_at: 1 };
    await database.transaction(({ query }) => query.insertInto('schema_migrations').values(later).execute());
    expect(await database.pendingMigrations()).toEqual([]);
    expect(await database.migrate()).toEqual([]);
  });

  it('RE-16 are applied by one of several processes that start at once', async () => {
    const { url } = await freshUrl({ empty: true });
    const children = [1, 2, 3].map(() => startChild('migrate', url));
    for (const child of children) child.release();
    expect(await Promise.all(children.map((child) => child.exitCode()))).toEqual([0, 0, 0]);
    const applied = children.flatMap(({ lines }) => lines.filter((line) => line.startsWith('applied')));
    expect(
      applied
        .flatMap((line) => line.split(' ').slice(1))
        .filter(Boolean)
        .sort(),
    ).toEqual(['0001-one', '0002-two']);
  });

  it('RE-16 wait, longer than a request would, for another process that is migrating', async () => {
    const { url } = await freshUrl({ empty: true });
    const first = startChild('migrate', url);
    await vi.waitFor(() => expect(first.lines).toContain('inside'), 15_000);
    const second = startChild('migrate', url);
    second.release();
    await vi.waitFor(() => expect(second.lines).toEqual(['starting']), 15_000);
    // The migrating processes are configured with these 200 ms too: twice over, they are over for the second one.
    const database = await open({ url, timeouts: { lockMillis: 200 } });
    for (let wait = 1; wait <= 2; wait += 1) {
      const impatient = database.transaction((tx) => tx.lock('gatehouse-migrations'));
      await expect(impatient).rejects.toSatisfy(isUnavailable);
    }
    first.release();
    expect([await first.exitCode(), await second.exitCode()]).toEqual([0, 0]);
    expect([first.lines.at(-1), second.lines.at(-1)]).toEqual(['applied 0001-one 0002-two', 'applied ']);
  });

  it('RE-16 that were killed in the middle have left nothing, and can be repeated', async () => {
    const { url } = await freshUrl({ empty: true });
    const child = startChild('migrate', url);
    await vi.waitFor(() => expect(child.lines).toContain('inside'), 15_000);
    await child.kill();
    const database = await open({ url });
    expect(Object.keys(await columnsOf(database.read))).not.toContain('two.id');
    const { rows } = await sql`select name from schema_migrations`.execute(database.read);
    expect(rows).toEqual([{ name: '0001-one' }]);
    expect(await migrateTwoSteps(url, async () => {})).toEqual(['0002-two']);
    expect(Object.keys(await columnsOf(database.read))).toContain('two_more.id');
  });
});
