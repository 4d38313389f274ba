import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { call, GOOD_PASSWORD, refusal, signUp } from '../../testing/personas.ts';
import type { Answer } from '../../testing/personas.ts';
import { describeEachApplication } from '../../testing/start-application.ts';
import type { TestApplication } from '../../testing/start-application.ts';
import { until } from '../../testing/until.ts';

/**
 * Whether somebody waits for a lock of a rule. SQLite has one writer at a time: whoever is not done waits, and the lock itself is not what is
 * tested there.
 */
async function someoneWaits({ database }: TestApplication): Promise<boolean> {
  if (database.dialect === 'sqlite') return true;
  const { rows } = await sql`
    select from pg_locks join pg_database on pg_database.oid = pg_locks.database
     where locktype = 'advisory' and not granted and datname = current_database()`.execute(database.read);
  return rows.length > 0;
}

describeEachApplication('a set-up link and a promotion at once', ({ start }) => {
  // Guards: the set-up looked for an administrator without the lock, did not see the one that was just being made, and there were two.
  it('PW-16 AZ-07 the link makes no administrator while another one is being made', async () => {
    const app = await start();
    const { user } = await signUp(app, 'ada');
    const secret = app.setupLink?.split('#secret=')[1];
    const body = { secret, username: 'eve', email: 'eve@example.org', password: GOOD_PASSWORD, transport: 'token' };
    const hashes = app.hasher.hashCount;
    let answered: Answer | undefined;
    // As `users roles ada admin` does it, held open in the middle.
    const settingUp = await app.database.transaction(async (tx) => {
      await tx.lock('administrators');
      await tx.query.insertInto('user_roles').values({ user_id: user.id, role: 'admin', granted_at: 1 }).execute();
      const asked = call(app, '/api/setup', { body }).then((answer) => (answered = answer));
      await until(() => app.hasher.hashCount > hashes);
      await until(async () => answered !== undefined || (await someoneWaits(app)));
      return { asked };
    });
    expect(await settingUp.asked).toMatchObject(refusal('invalid-setup-secret'));
    const administrators = await app.database.read
      .selectFrom('user_roles')
      .selectAll()
      .where('role', '=', 'admin')
      .execute();
    expect(administrators.map(({ user_id: id }) => id)).toEqual([user.id]);
    const names = await app.database.read.selectFrom('users').select('username').execute();
    expect(names).toEqual([{ username: 'ada' }]);
  });
});
