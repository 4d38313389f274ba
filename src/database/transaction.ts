import { AsyncLocalStorage } from 'node:async_hooks';
import type { Transaction } from 'kysely';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/** One running write transaction. */
export interface Tx {
  /** Reads and writes inside this transaction. Never use `database.read` in here: it does not see these writes. */
  readonly query: Transaction<Tables>;
  /**
   * Waits until no other transaction, in any process, holds the lock of this name; held until this one ends. Take it
   * before reading what a rule over several rows depends on.
   */
  lock(name: string): Promise<void>;
  /**
   * Queues an act (mail, push) for after the commit. Acts run in order; a failing one is reported and does not fail
   * the caller. None runs when the transaction is rolled back.
   */
  afterCommit(act: () => void | Promise<void>): void;
  /** Tells the caches of every process, after the commit, that what they hold under this topic has changed. */
  publish(topic: string): Promise<void>;
}

/**
 * Runs `run` in one write transaction and returns what it returns; an error it throws rolls back and is thrown on.
 * `run` may be called several times (PostgreSQL: serialization failure, deadlock), each time in a new transaction, so
 * it must do nothing outside the database: hash before, mail in `afterCommit`.
 * Throws what `isUnavailable` recognises when the write lock or a connection cannot be had.
 */
export type RunTransaction = <T>(run: (tx: Tx) => Promise<T>) => Promise<T>;

interface Settings {
  engine: Engine;
  tell: (topic: string) => void;
  /** Takes failures that have no caller left to tell. */
  report: (error: unknown, message: string) => void;
}

export function createTransaction({ engine, tell, report }: Settings): RunTransaction {
  const current = new AsyncLocalStorage<{ open: boolean }>();

  return async function transaction(run) {
    // On SQLite the inner one would wait for the outer one for ever; on PostgreSQL for a connection.
    if (current.getStore()?.open) throw new Error('a transaction is already running here: pass its tx on');

    let failure: { error: unknown } | undefined;
    const attempt = async (query: Transaction<Tables>) => {
      const marker = { open: true };
      const begun = begin(engine, query);
      try {
        return { result: await current.run(marker, () => run(begun.tx)), ...begun };
      } catch (error) {
        failure = { error };
        throw error;
      } finally {
        marker.open = false;
      }
    };

    const committed = await engine.transaction(attempt).catch((error: unknown) => {
      throw failure ? failure.error : error; // not the failure of the rollback, which hides why there was one
    });
    for (const topic of committed.topics) tell(topic);
    for (const act of committed.acts) {
      try {
        await act();
      } catch (error) {
        report(error, 'an act after the commit failed');
      }
    }
    return committed.result;
  };
}

/** A fresh Tx: nothing of an earlier try is left in its queues. */
function begin(engine: Engine, query: Transaction<Tables>) {
  const topics = new Set<string>();
  const acts: (() => void | Promise<void>)[] = [];
  const tx: Tx = {
    query,
    lock: (name) => engine.lock(query, name),
    afterCommit: (act) => void acts.push(act),
    async publish(topic) {
      topics.add(topic);
      await engine.announce(query, topic);
    },
  };
  return { tx, topics, acts };
}
