// Sessions that are over stay for a while, for whoever looks into an incident; then they go.
import type { Database } from '../../database/open.ts';
import { deleteSessionsEndedBefore } from './store.ts';

const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Small enough that no other writer waits for it. */
const BATCH = 500;

export function createDeletion(database: Database, now: () => number): () => Promise<number> {
  return async () => {
    const before = now() - KEPT_MS;
    let deleted = 0;
    for (let batch = BATCH; batch === BATCH; deleted += batch) {
      batch = await database.transaction((tx) => deleteSessionsEndedBefore(tx.query, before, BATCH));
    }
    return deleted;
  };
}
