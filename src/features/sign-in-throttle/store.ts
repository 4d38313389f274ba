import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import type { Tables } from '../../database/open.ts';
import { CLOSED_MS, GROWTH_MS, LIMIT, LONGEST_WAIT_MS, MOST_IN_ROW, WAITS_MS, WINDOW_MS } from './waits.ts';

export type LaneRow = Selectable<Tables['log_in_lanes']>;
type LaneKeys = Pick<LaneRow, 'key' | 'user_id' | 'kind'>;

type Query = Kysely<Tables>;

// The row that was to be inserted carries the instant, so that no parameter stands where PostgreSQL has to guess its type.
const now = sql.ref<number>('excluded.last_failed_at');
const stored = (column: keyof LaneRow) => sql.ref<number>(`log_in_lanes.${column}`);

const isForgotten = sql<boolean>`case
  when ${stored('failures')} < ${sql.lit(LIMIT)} then ${stored('window_started_at')} <= ${now} - ${sql.lit(WINDOW_MS)}
  else ${stored('last_failed_at')} <= ${now} - ${sql.lit(GROWTH_MS)} end`;

const failures = sql<number>`case when ${isForgotten} then 1 else ${stored('failures')} + 1 end`;
const windowStartedAt = sql<number>`case when ${isForgotten} then ${now} else ${stored('window_started_at')} end`;

// Whatever is closed and yet counts again was closed long ago.
const inRow = sql<number>`case when ${stored('in_row')} >= ${sql.lit(MOST_IN_ROW)} then 1 else ${stored('in_row')} + 1 end`;

const endOfWait = sql<number>`case (${failures}) ${sql.join(
  WAITS_MS.map(
    (wait, index) => sql`when ${sql.lit(index + 1)} then ${wait === 0 ? sql.lit(0) : sql`${now} + ${sql.lit(wait)}`}`,
  ),
  sql` `,
)} else ${now} + ${sql.lit(LONGEST_WAIT_MS)} end`;

const blockedUntil = sql<number>`case when (${inRow}) >= ${sql.lit(MOST_IN_ROW)} then ${now} + ${sql.lit(CLOSED_MS)} else ${endOfWait} end`;

/**
 * One conditional statement, so that of any number of attempts at once, at any replica, no more than the limit are counted. Undefined
 * where the lane is blocked: then it counts nothing.
 */
export async function addFailure(query: Query, lane: LaneKeys, at: number): Promise<LaneRow | undefined> {
  return await query
    .insertInto('log_in_lanes')
    .values({ ...lane, failures: 1, window_started_at: at, in_row: 1, last_failed_at: at, blocked_until: 0 })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet({
          failures,
          window_started_at: windowStartedAt,
          in_row: inRow,
          last_failed_at: now,
          blocked_until: blockedUntil,
        })
        .where(stored('blocked_until'), '<=', now),
    )
    .returningAll()
    .executeTakeFirst();
}

export async function findLane(query: Query, key: string): Promise<LaneRow | undefined> {
  return await query.selectFrom('log_in_lanes').selectAll().where('key', '=', key).executeTakeFirst();
}

/** What is closed for too many in a row stays blocked for no longer than by its last wait. */
export async function resetInRow(query: Query, key: string): Promise<void> {
  await query
    .updateTable('log_in_lanes')
    .set(({ eb }) => ({
      in_row: 0,
      blocked_until: eb
        .case()
        .when('in_row', '>=', MOST_IN_ROW)
        .then(eb('last_failed_at', '+', LONGEST_WAIT_MS))
        .else(eb.ref('blocked_until'))
        .end(),
    }))
    .where('key', '=', key)
    .execute();
}

export async function deleteLanes(query: Query, keys: readonly string[]): Promise<number> {
  const result = await query.deleteFrom('log_in_lanes').where('key', 'in', keys).executeTakeFirst();
  return Number(result.numDeletedRows);
}

export async function deleteLanesOfUser(query: Query, userId: string): Promise<number> {
  const result = await query.deleteFrom('log_in_lanes').where('user_id', '=', userId).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Closed ones come first. */
export async function listBlockedLanes(query: Query, at: number, limit: number): Promise<LaneRow[]> {
  return await query
    .selectFrom('log_in_lanes')
    .selectAll()
    .where('blocked_until', '>', at)
    .orderBy('blocked_until', 'desc')
    .orderBy('key')
    .limit(limit)
    .execute();
}

export async function deleteForgottenLanes(query: Query, at: number, most: number): Promise<number> {
  const result = await query
    .deleteFrom('log_in_lanes')
    .where('key', 'in', (select) =>
      select
        .selectFrom('log_in_lanes')
        .select('key')
        .where('last_failed_at', '<', at - CLOSED_MS)
        .limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
