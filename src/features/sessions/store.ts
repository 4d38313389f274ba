import type { Kysely, Selectable } from 'kysely';
import type { Tables } from '../../database/open.ts';
import type { UserRow } from '../users/index.ts';

export type SessionRow = Selectable<Tables['sessions']>;

type Query = Kysely<Tables>;

export interface SessionWithUser {
  session: SessionRow;
  user: UserRow;
  roles: string[];
}

export async function insertSession(query: Query, row: SessionRow): Promise<void> {
  await query.insertInto('sessions').values(row).execute();
}

/** One indexed query: a row for each of the user's roles, and one where there is none. */
export async function findSessionWithUser(query: Query, id: string): Promise<SessionWithUser | undefined> {
  const rows = await query
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .leftJoin('user_roles', 'user_roles.user_id', 'users.id')
    .selectAll('users')
    .select(['user_roles.role', 'sessions.id as sid', 'sessions.counter', 'sessions.salt', 'sessions.transport'])
    .select([
      'sessions.created_at as begun_at',
      'sessions.last_used_at',
      'sessions.rotated_at',
      'sessions.idle_expires_at',
    ])
    .select([
      'sessions.absolute_expires_at',
      'sessions.terminated_at',
      'sessions.terminated_reason',
      'sessions.address',
      'sessions.user_agent',
    ])
    .where('sessions.id', '=', id)
    .execute();
  const [first] = rows;
  if (first === undefined) return undefined;
  const session: SessionRow = {
    id: first.sid,
    user_id: first.id,
    counter: first.counter,
    salt: first.salt,
    transport: first.transport,
    created_at: first.begun_at,
    last_used_at: first.last_used_at,
    rotated_at: first.rotated_at,
    idle_expires_at: first.idle_expires_at,
    absolute_expires_at: first.absolute_expires_at,
    terminated_at: first.terminated_at,
    terminated_reason: first.terminated_reason,
    address: first.address,
    user_agent: first.user_agent,
  };
  return { session, user: first, roles: rows.flatMap(({ role }) => role ?? []).toSorted() };
}

/** Compare-and-swap on the counter: of any number of parallel calls with one token, one gets a row (SE-05). */
export async function rotateSession(
  query: Query,
  token: { sid: string; counter: number },
  change: { now: number; idleExpiresAt: number },
): Promise<SessionRow | undefined> {
  return await query
    .updateTable('sessions')
    .set((expression) => ({
      counter: expression('counter', '+', 1),
      rotated_at: change.now,
      last_used_at: change.now,
      idle_expires_at: change.idleExpiresAt,
    }))
    .where('id', '=', token.sid)
    .where('counter', '=', token.counter)
    .where('terminated_at', 'is', null)
    .where('idle_expires_at', '>', change.now)
    .where('absolute_expires_at', '>', change.now)
    .returningAll()
    .executeTakeFirst();
}

/** Resolves with the session's user, or undefined where it was not live any more. */
export async function terminateSession(
  query: Query,
  id: string,
  reason: string,
  now: number,
): Promise<string | undefined> {
  const row = await query
    .updateTable('sessions')
    .set({ terminated_at: now, terminated_reason: reason })
    .where('id', '=', id)
    .where('terminated_at', 'is', null)
    .returning('user_id')
    .executeTakeFirst();
  return row?.user_id;
}

export async function terminateSessionsOfUser(
  query: Query,
  which: { userId: string; exceptSid: string | undefined; reason: string },
  now: number,
): Promise<string[]> {
  const rows = await query
    .updateTable('sessions')
    .set({ terminated_at: now, terminated_reason: which.reason })
    .where('user_id', '=', which.userId)
    .where('terminated_at', 'is', null)
    .$if(which.exceptSid !== undefined, (update) => update.where('id', '!=', which.exceptSid ?? ''))
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

/** By the absolute end, which is indexed; a session that was terminated earlier is kept until then as well. */
export async function deleteSessionsEndedBefore(query: Query, before: number, most: number): Promise<number> {
  const result = await query
    .deleteFrom('sessions')
    .where('id', 'in', (select) =>
      select.selectFrom('sessions').select('id').where('absolute_expires_at', '<', before).limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
