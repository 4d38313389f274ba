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

/** How many users with the role could sign in. */
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

type VerifiedUser = Pick<UserRow, 'id' | 'password_changed_at'>;

/**
 * One conditional statement: only where the account is still active and still has the password that was verified. The
 * hash would be the wrong witness: it is renewed by a sign-in at the same time, and is then another one of the same password.
 */
export async function updateAtSignIn(
  query: Query,
  user: VerifiedUser,
  change: { renewedHash: string | undefined; now: number },
): Promise<boolean> {
  const result = await query
    .updateTable('users')
    .set({ last_login_at: change.now, ...(change.renewedHash !== undefined && { password_hash: change.renewedHash }) })
    .where('id', '=', user.id)
    .where('password_changed_at', '=', user.password_changed_at)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** As above; the instant of the change always grows, so that it names one password also where a clock does not. */
export async function updatePasswordHash(
  query: Query,
  user: VerifiedUser,
  change: { passwordHash: string; now: number },
): Promise<boolean> {
  const changedAt = Math.max(change.now, user.password_changed_at + 1);
  const result = await query
    .updateTable('users')
    .set({ password_hash: change.passwordHash, password_changed_at: changedAt, updated_at: change.now })
    .where('id', '=', user.id)
    .where('password_changed_at', '=', user.password_changed_at)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
