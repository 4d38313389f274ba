import type { Kysely, Selectable } from 'kysely';
import type { Tables } from '../../database/open.ts';

export type UserRow = Selectable<Tables['users']>;

type Query = Kysely<Tables>;

export async function insertUser(query: Query, row: UserRow, roles: readonly string[]): Promise<void> {
  await query.insertInto('users').values(row).execute();
  await insertRoles(query, row.id, roles, row.created_at);
}

export async function insertRoles(query: Query, userId: string, roles: readonly string[], now: number): Promise<void> {
  if (roles.length === 0) return;
  await query
    .insertInto('user_roles')
    .values(roles.map((role) => ({ user_id: userId, role, granted_at: now })))
    .execute();
}

export async function deleteRoles(query: Query, userId: string): Promise<void> {
  await query.deleteFrom('user_roles').where('user_id', '=', userId).execute();
}

export async function findUserBy(
  query: Query,
  column: 'id' | 'username' | 'email_canonical',
  value: string,
): Promise<UserRow | undefined> {
  return await query.selectFrom('users').selectAll().where(column, '=', value).executeTakeFirst();
}

export async function rolesOf(query: Query, userId: string): Promise<string[]> {
  const rows = await query
    .selectFrom('user_roles')
    .select('role')
    .where('user_id', '=', userId)
    .orderBy('role')
    .execute();
  return rows.map((row) => row.role);
}

/** How many users with the role could log in. */
export async function countActiveWithRole(query: Query, role: string): Promise<number> {
  const row = await query
    .selectFrom('user_roles')
    .innerJoin('users', 'users.id', 'user_roles.user_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_roles.role', '=', role)
    .where('users.status', '=', 'active')
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function updateStatus(
  query: Query,
  userId: string,
  status: UserRow['status'],
  now: number,
): Promise<void> {
  await query.updateTable('users').set({ status, updated_at: now }).where('id', '=', userId).execute();
}

/** One conditional statement: only where the account is still active and still has the password that was verified. */
export async function updateAtLogIn(
  query: Query,
  user: { id: string; passwordHash: string },
  change: { passwordHash: string; now: number },
): Promise<boolean> {
  const result = await query
    .updateTable('users')
    .set({ last_login_at: change.now, password_hash: change.passwordHash })
    .where('id', '=', user.id)
    .where('password_hash', '=', user.passwordHash)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function updatePasswordHash(
  query: Query,
  user: { id: string; passwordHash: string },
  change: { passwordHash: string; now: number },
): Promise<boolean> {
  const result = await query
    .updateTable('users')
    .set({ password_hash: change.passwordHash, password_changed_at: change.now, updated_at: change.now })
    .where('id', '=', user.id)
    .where('password_hash', '=', user.passwordHash)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
