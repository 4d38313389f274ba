import { expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../testing/dialects.ts';
import type { Database } from './open.ts';
import { startChild } from '../testing/database-child.ts';

const publish = (database: Database, topic: string) =>
  database.transaction(async (tx) => {
    await tx.query.insertInto('app_secrets_seen').values({ secret_id: topic, first_seen_at: 1 }).execute();
    await tx.publish(topic);
  });

function topicsOf(database: Database): string[] {
  const topics: string[] = [];
  database.changes.subscribe((topic) => topics.push(topic));
  return topics;
}

describeEachDatabase('the change feed', ({ open, freshUrl }) => {
  it('tells this process when transaction() resolves, and before the acts after the commit', async () => {
    const database = await open();
    const topics = topicsOf(database);
    await database.transaction(async (tx) => {
      await tx.publish('users');
      tx.afterCommit(() => void topics.push('act'));
      expect(topics).toEqual([]);
    });
    // On PostgreSQL the notification may come in between, as a second 'users'.
    expect(topics[0]).toBe('users');
    expect(topics).toContain('act');
  });

  it('tells nothing that was rolled back', async () => {
    const database = await open();
    const topics = topicsOf(database);
    const failing = database.transaction(async (tx) => {
      await tx.publish('never');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await publish(database, 'later');
    await vi.waitFor(() => expect(topics).toContain('later'), 15_000);
    expect(topics).not.toContain('never');
  });

  it('tells others that have the same database open, and only those who subscribe', async () => {
    const { url } = await freshUrl();
    const [writer, reader] = [await open({ url }), await open({ url })];
    const topics = topicsOf(reader);
    const unsubscribed = vi.fn();
    reader.changes.subscribe(unsubscribed)();
    expect(reader.changes.check()).toBe(true);
    expect(topics).toEqual([]);
    await publish(writer, 'users');
    await vi.waitFor(() => {
      expect(reader.changes.check()).toBe(true);
      expect(topics).toEqual([reader.dialect === 'sqlite' ? '*' : 'users']);
    }, 15_000);
    reader.changes.check();
    expect(topics).toHaveLength(1);
    expect(unsubscribed).not.toHaveBeenCalled();
  });

  it('tells what another process has committed', async () => {
    const { url } = await freshUrl();
    const database = await open({ url });
    const topics = topicsOf(database);
    expect(await startChild('note', url).exitCode()).toBe(0);
    // On SQLite the very next check knows; PostgreSQL's notification is on its way.
    if (database.dialect === 'sqlite') expect(database.changes.check() && topics).toEqual(['*']);
    await vi.waitFor(() => expect(topics).toEqual([database.dialect === 'sqlite' ? '*' : 'noted']), 15_000);
  });

  it('goes on when a listener throws', async () => {
    const onUnexpectedError = vi.fn();
    const database = await open({ onUnexpectedError });
    const failure = new Error('a listener');
    database.changes.subscribe(() => {
      throw failure;
    });
    const topics = topicsOf(database);
    await publish(database, 'users');
    expect(topics).toContain('users');
    expect(onUnexpectedError).toHaveBeenCalledWith(failure);
  });
});
