import type { KyselyPlugin } from 'kysely';
import { expect, it } from 'vitest';
import type { Database } from '../../database/open.ts';
import { createSecretRing } from '../../security/app-secret.ts';
import { describeEachDatabase } from '../../testing/dialects.ts';
import { TEST_SECRET } from '../../testing/start-application.ts';
import { createSigningKeys } from './keyring.ts';

const system = { type: 'system' } as const;
const audit = { record: async () => {} };

/** The database with reads that can be counted and held, and with a feed that tells what the test says. */
function watch(database: Database) {
  const listeners: ((topic: string) => void)[] = [];
  let reads = 0;
  let held: { arrived: () => void; released: Promise<void> } | undefined;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      reads += 1;
      held?.arrived();
      await held?.released;
      return result;
    },
  };
  const changes: Database['changes'] = {
    subscribe(listener) {
      listeners.push(listener);
      return () => {};
    },
    check: () => true,
  };
  return {
    database: { ...database, changes, read: database.read.withPlugin(plugin) },
    reads: () => reads,
    tell: () => {
      for (const listener of listeners) listener('signing-keys');
    },
    /** From now on what was read is held back. */
    hold() {
      const [arrived, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      held = { arrived: arrived.resolve, released: released.promise };
      return {
        arrived: arrived.promise,
        release() {
          held = undefined;
          released.resolve();
        },
      };
    },
  };
}

async function create(database: Database) {
  const watched = watch(database);
  const parts = { secrets: createSecretRing(TEST_SECRET), audit, command: '', now: Date.now };
  const keys = createSigningKeys({ ...parts, database: watched.database });
  await keys.prepare?.();
  return { watched, keys, elsewhere: createSigningKeys({ ...parts, database }) };
}

describeEachDatabase('loaded keys', ({ open }) => {
  // Guards: who asked while an earlier reading was under way was given what that one had read before the change.
  it('are as new as the last change, also for who asks while they are being read', async () => {
    const { watched, keys, elsewhere } = await create(await open());
    const second = await elsewhere.rotate(system);
    watched.tell();
    const { arrived, release } = watched.hold();
    const earlier = keys.refresh();
    await arrived;
    const third = await elsewhere.rotate(system);
    watched.tell();
    const later = keys.refresh();
    release();
    await earlier;
    expect(keys.current().kid).toBe(second);
    await later;
    expect(keys.current().kid).toBe(third);
    expect(keys.find(second)).toBeDefined();
    expect(keys.find('unknown')).toBeUndefined();
  });

  it('cost nothing while nothing changes, and one reading for all who ask after a change', async () => {
    const { watched, keys, elsewhere } = await create(await open());
    const before = watched.reads();
    expect(keys.refresh()).toBeUndefined();
    expect(watched.reads()).toBe(before);
    const next = await elsewhere.rotate(system);
    watched.tell();
    await Promise.all(Array.from({ length: 20 }, async () => await keys.refresh()));
    expect(watched.reads()).toBe(before + 1);
    expect(keys.current().kid).toBe(next);
    expect(keys.refresh()).toBeUndefined();
  });

  it('are read anew by the next who asks where reading them failed', async () => {
    const { watched, keys, elsewhere } = await create(await open());
    const next = await elsewhere.rotate(system);
    watched.tell();
    const { read } = watched.database;
    watched.database.read = undefined as never;
    await expect(keys.refresh()).rejects.toThrow('selectFrom');
    watched.database.read = read;
    await keys.refresh();
    expect(keys.current().kid).toBe(next);
  });

  it('are said to be unavailable before the start, not to be wrong', async () => {
    const keys = createSigningKeys({
      database: await open(),
      secrets: createSecretRing(TEST_SECRET),
      audit,
      command: '',
      now: Date.now,
    });
    expect(keys.refresh()).toBeUndefined();
    for (const act of [() => keys.current(), () => keys.find('x'), () => keys.jwks()])
      expect(act).toThrow(expect.objectContaining({ problem: 'unavailable' }) as Error);
  });
});
