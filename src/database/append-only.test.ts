import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { describeEachDatabase } from '../testing/dialects.ts';
import type { Database, Tx } from './open.ts';
import { anEvent } from '../testing/rows.ts';

const chain = { chain_position: 1, previous_hash: '0', chain_hash: 'a' };

describeEachDatabase('security events', ({ open, name }) => {
  async function withEvent(): Promise<{
    database: Database;
    id: string;
    attempt: (act: (tx: Tx) => unknown) => Promise<void>;
  }> {
    const database = await open();
    const event = anEvent({ details: '{"before":1}' });
    await database.transaction(({ query }) => query.insertInto('security_events').values(event).execute());
    const attempt = (act: (tx: Tx) => unknown) => database.transaction(async (tx) => void (await act(tx)));
    return { database, id: event.id, attempt };
  }

  it('cannot be deleted', async () => {
    const { database, attempt } = await withEvent();
    await expect(attempt(({ query }) => query.deleteFrom('security_events').execute())).rejects.toThrow('append-only');
    if (name === 'postgres') {
      await expect(attempt(({ query }) => sql`truncate security_events`.execute(query))).rejects.toThrow('append-only');
    }
    expect(await database.read.selectFrom('security_events').selectAll().execute()).toHaveLength(1);
  });

  it('cannot be changed, not even together with filling the chain', async () => {
    const { database, attempt } = await withEvent();
    const before = await database.read.selectFrom('security_events').selectAll().execute();
    for (const change of [{ name: 'other' }, { details: '{}' }, { actor_id: 'x' }, { ...chain, occurred_at: 2 }]) {
      const changing = attempt(({ query }) => query.updateTable('security_events').set(change).execute());
      await expect(changing).rejects.toThrow('append-only');
    }
    expect(await database.read.selectFrom('security_events').selectAll().execute()).toEqual(before);
  });

  it('take their place in the chain once, wholly', async () => {
    const { database, attempt } = await withEvent();
    const set = (change: object) => attempt(({ query }) => query.updateTable('security_events').set(change).execute());
    await expect(set({ chain_position: 1, chain_hash: 'a' })).rejects.toThrow('append-only');
    await expect(set({ ...chain, chain_hash: null })).rejects.toThrow('append-only');
    await set(chain);
    await expect(set({ chain_hash: 'b' })).rejects.toThrow('append-only');
    await expect(set({ chain_position: null, previous_hash: null, chain_hash: null })).rejects.toThrow('append-only');
    expect(await database.read.selectFrom('security_events').selectAll().executeTakeFirst()).toMatchObject(chain);
  });

  it('cannot be replaced by an insert', async () => {
    const { id, attempt } = await withEvent();
    const other = anEvent({ id, name: 'other' });
    const upsert = attempt(({ query }) =>
      query
        .insertInto('security_events')
        .values(other)
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ name: 'other' }))
        .execute(),
    );
    await expect(upsert).rejects.toThrow('append-only');
    if (name === 'sqlite') {
      const replace = attempt(({ query }) => query.replaceInto('security_events').values(other).execute());
      await expect(replace).rejects.toThrow('append-only');
    }
  });
});
