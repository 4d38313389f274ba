import { sql } from 'kysely';
import { expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../testing/dialects.ts';
import { uniqueViolation, type Database } from './open.ts';

const note = (database: Database, id: string) =>
  database.transaction((tx) =>
    tx.query.insertInto('app_secrets_seen').values({ secret_id: id, first_seen_at: 1 }).execute(),
  );

const noted = async (database: Database) =>
  (await database.read.selectFrom('app_secrets_seen').select('secret_id').orderBy('secret_id').execute()).map(
    ({ secret_id }) => secret_id,
  );

describeEachDatabase('a transaction', ({ open, name }) => {
  it('commits what it wrote and returns what it made', async () => {
    const database = await open();
    await note(database, 'a');
    expect(await database.transaction(async () => 7)).toBe(7);
    expect(await noted(database)).toEqual(['a']);
  });

  it('leaves nothing behind when it throws, and throws the same error on', async () => {
    const database = await open();
    const error = new Error('no');
    const failing = database.transaction(async (tx) => {
      await tx.query.insertInto('app_secrets_seen').values({ secret_id: 'a', first_seen_at: 1 }).execute();
      throw error;
    });
    await expect(failing).rejects.toBe(error);
    expect(await noted(database)).toEqual([]);
  });

  it('runs the acts after the commit, in order, and none after a roll-back', async () => {
    const database = await open();
    const ran: string[] = [];
    await database.transaction(async (tx) => {
      tx.afterCommit(async () => void ran.push(`first sees ${(await noted(database)).join()}`));
      tx.afterCommit(() => void ran.push('second'));
      await tx.query.insertInto('app_secrets_seen').values({ secret_id: 'a', first_seen_at: 1 }).execute();
      expect(ran).toEqual([]);
    });
    expect(ran).toEqual(['first sees a', 'second']);
    const failing = database.transaction(async (tx) => {
      tx.afterCommit(() => void ran.push('never'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(ran).toHaveLength(2);
  });

  it('reports an act that fails after the commit, and goes on', async () => {
    const onUnexpectedError = vi.fn();
    const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const database = await open({ onUnexpectedError, log });
    const failure = new Error('mail server is away');
    const second = vi.fn();
    await database.transaction(async (tx) => {
      tx.afterCommit(() => Promise.reject(failure));
      tx.afterCommit(() => {
        throw failure;
      });
      tx.afterCommit(second);
    });
    expect(second).toHaveBeenCalledOnce();
    expect(onUnexpectedError.mock.calls).toEqual([[failure], [failure]]);
    expect(log.error).toHaveBeenCalledTimes(2);
  });

  it('may write again in an act after the commit', async () => {
    const database = await open();
    await database.transaction(async (tx) => tx.afterCommit(() => note(database, 'later').then(() => undefined)));
    expect(await noted(database)).toEqual(['later']);
  });

  it('refuses to be nested, instead of hanging', async () => {
    const database = await open({ poolSize: 1 });
    const nested = database.transaction(async () => database.transaction(async () => 1));
    await expect(nested).rejects.toThrow('already running');
    await note(database, 'a');
  });

  it('does not let others see what is not committed, nor makes readers wait', async () => {
    const database = await open();
    await database.transaction(async (tx) => {
      await tx.query.insertInto('app_secrets_seen').values({ secret_id: 'a', first_seen_at: 1 }).execute();
      expect(await noted(database)).toEqual([]);
    });
    expect(await noted(database)).toEqual(['a']);
  });

  it('is the only way to write: the reading handle refuses', async () => {
    const database = await open();
    await expect(
      database.read.insertInto('app_secrets_seen').values({ secret_id: 'a', first_seen_at: 1 }).execute(),
    ).rejects.toThrow('only reads');
    await expect(database.read.deleteFrom('app_secrets_seen').execute()).rejects.toThrow('only reads');
    await expect(database.read.updateTable('app_secrets_seen').set({ first_seen_at: 2 }).execute()).rejects.toThrow(
      'only reads',
    );
    if (name === 'sqlite') await expect(sql`delete from users`.execute(database.read)).rejects.toThrow('readonly');
  });

  it('gives counts and sums as numbers', async () => {
    const database = await open();
    await note(database, 'a');
    const row = await database.read
      .selectFrom('app_secrets_seen')
      .select(({ fn }) => [fn.countAll().as('count'), fn.sum('first_seen_at').as('sum')])
      .executeTakeFirst();
    expect(row).toEqual({ count: 1, sum: 1 });
  });

  it('DU-03 names the columns of a unique violation alike on both', async () => {
    const database = await open();
    const user = (id: string, username: string, email: string) => ({
      ...{ id, username, email, email_canonical: email, email_verified_at: null, display_name: '', password_hash: '' },
      ...{ status: 'active' as const, password_changed_at: 1, last_login_at: null, created_at: 1, updated_at: 1 },
    });
    const insert = (row: ReturnType<typeof user>) =>
      database
        .transaction((tx) => tx.query.insertInto('users').values(row).execute())
        .then(() => 'ok', uniqueViolation);
    const role = { user_id: '1', role: 'admin', granted_at: 1 };
    const grant = () =>
      database
        .transaction((tx) => tx.query.insertInto('user_roles').values(role).execute())
        .then(() => 'ok', uniqueViolation);
    expect(await insert(user('1', 'ann', 'ann@example.org'))).toBe('ok');
    expect(await insert(user('1', 'bob', 'bob@example.org'))).toBe('users.id');
    expect(await insert(user('2', 'ann', 'bob@example.org'))).toBe('users.username');
    expect(await insert(user('2', 'bob', 'ann@example.org'))).toBe('users.email_canonical');
    expect(await grant()).toBe('ok');
    expect(await grant()).toBe('user_roles.user_id,role');
    expect(uniqueViolation(new Error('UNIQUE constraint failed: users.id'))).toBeUndefined();
  });

  it('DU-03 lets one signing key be current', async () => {
    const database = await open();
    const add = (kid: string, state: 'current' | 'standby') =>
      database
        .transaction((tx) =>
          tx.query
            .insertInto('signing_keys')
            .values({ kid, state, public_jwk: '{}', private_key_sealed: '', secret_id: '1', created_at: 1 })
            .execute(),
        )
        .then(() => 'ok', uniqueViolation);
    expect([await add('1', 'standby'), await add('2', 'standby'), await add('3', 'current')]).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    expect(await add('4', 'current')).toBe('signing_keys.state');
  });
});

describeEachDatabase('a lock', ({ open, freshUrl }) => {
  it('lets one transaction at a time through a rule over several rows', async () => {
    const { url } = await freshUrl();
    const [first, second] = [await open({ url }), await open({ url })];
    // The rule: never more than one row. Without the lock, PostgreSQL lets several readers see none.
    const addUnlessThere = (database: Database, id: number) =>
      database.transaction(async (tx) => {
        await tx.lock('one row');
        const found = await tx.query.selectFrom('app_secrets_seen').select('secret_id').execute();
        if (found.length === 0) {
          await tx.query
            .insertInto('app_secrets_seen')
            .values({ secret_id: String(id), first_seen_at: 1 })
            .execute();
        }
      });
    await Promise.all(Array.from({ length: 20 }, (_, id) => addUnlessThere(id % 2 ? first : second, id)));
    expect(await noted(first)).toHaveLength(1);
  });
});
