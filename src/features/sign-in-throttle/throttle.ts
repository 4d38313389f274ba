import { createHmac } from 'node:crypto';
import { Problem } from '#contract/problem.ts';
import type { LimitState } from '#contract/quota.ts';
import type { Database, Tx } from '../../database/open.ts';
import { limitEvidence } from '../../http/quota.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import { canonicalEmailAddress } from '../../security/email-address.ts';
import { canonicalUsername } from '../../security/username.ts';
import type { Feature } from '../feature.ts';
import * as store from './store.ts';
import type { LaneRow } from './store.ts';
import { CLOSED_RETRY_MS, LIMIT, MOST_IN_ROW } from './waits.ts';

interface Lane {
  readonly key: string;
  readonly userId: string | null;
  /** All who try the account, or one device that has signed in to it before. */
  readonly kind: 'strangers' | 'device';
}

/** One that was let through, and counts as a failure until it succeeds. */
export interface Attempt {
  readonly lane: Lane;
  /** How long the lane is blocked from now on, in milliseconds; 0 where it is not. */
  readonly waitMs: number;
  readonly failuresInRow: number;
}

export interface BlockedLane extends Lane {
  readonly failures: number;
  readonly inRow: number;
  /** Milliseconds since 1970; null where it is closed for too many failures in a row. */
  readonly blockedUntil: number | null;
  readonly lastFailedAt: number;
}

export interface SignInThrottle extends Feature {
  /**
   * To be asked before anything is hashed: counts the attempt as a failure. Costs the same whether there is such an account.
   * @throws Problem `throttled`
   */
  attempt(who: {
    identifier: string;
    /** The account that the identifier names. */
    row: { id: string } | undefined;
    /** By which id this browser is known to have signed in to the account. */
    device: string | undefined;
  }): Promise<Attempt>;
  /** In the transaction that begins the session: the lane that was used has no failures any more. */
  succeed(tx: Tx, lane: Lane): Promise<void>;
  /** Those that wait longest first, closed ones before all. */
  listBlocked(limit: number): Promise<BlockedLane[]>;
  /**
   * Lets people try again at once. Resolves with how many lanes that were.
   * @param which all of an account, the one of a name that is no account's, or one that was listed
   */
  release(tx: Tx, which: { userId: string } | { identifier: string } | { key: string }): Promise<number>;
}

interface Parts {
  database: Database;
  secrets: SecretRing;
  now: () => number;
}

const PURPOSE = 'log-in-lane';

/** Small enough that no other writer waits for it. */
const BATCH = 500;

/** At most as long as the contract lets a name be; what is no name at all counts by its own, in every spelling. */
function canonicalIdentifier(identifier: string): string {
  const canonical = identifier.includes('@')
    ? canonicalEmailAddress(identifier)?.canonical
    : canonicalUsername(identifier);
  return canonical ?? identifier.trim().normalize('NFKC').toLowerCase();
}

/** The names of lanes: hashes, since people type their password into the field of the name. */
function createKeys(secrets: SecretRing) {
  const keyOf = (text: string, secretId = secrets.currentId): string =>
    createHmac('sha256', secrets.derive(PURPOSE, '', secretId))
      .update(text)
      .digest('base64url')
      .slice(0, 22);
  const strangersText = (identifier: string, row: { id: string } | undefined): string =>
    row === undefined ? `name:${canonicalIdentifier(identifier)}` : `user:${row.id}`;
  return {
    ofStrangers: (identifier: string, row: { id: string } | undefined) => keyOf(strangersText(identifier, row)),
    ofUser: (userId: string) => keyOf(`user:${userId}`),
    ofDevice: (userId: string, deviceId: string) => keyOf(`device:${userId}:${deviceId}`),
    /** Under every secret that is known. */
    ofNobody: (identifier: string) => secrets.ids.map((id) => keyOf(strangersText(identifier, undefined), id)),
  };
}

const isClosed = ({ in_row }: LaneRow): boolean => in_row >= MOST_IN_ROW;

/** For the administrator who asks why. */
const describe = ({ key, user_id, failures, blocked_until }: LaneRow): LimitState => ({
  quota: 'failed-log-ins',
  partition: 'account',
  key,
  label: user_id ?? 'no such account',
  used: failures,
  limit: LIMIT,
  resetsAt: new Date(blocked_until).toISOString(),
});

function throttled(row: LaneRow | undefined, now: number): Problem {
  const waitMs = row === undefined ? 0 : isClosed(row) ? CLOSED_RETRY_MS : row.blocked_until - now;
  const problem = new Problem('throttled', {
    detail: 'Wait, or sign in from a browser that you have used for this account before.',
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  });
  return limitEvidence.attach(problem, row === undefined ? [] : [describe(row)]);
}

export function createSignInThrottle({ database, secrets, now }: Parts): SignInThrottle {
  const keys = createKeys(secrets);

  function laneOf({ identifier, row, device }: Parameters<SignInThrottle['attempt']>[0]): Lane {
    if (row === undefined || device === undefined)
      return { key: keys.ofStrangers(identifier, row), userId: row?.id ?? null, kind: 'strangers' };
    return { key: keys.ofDevice(row.id, device), userId: row.id, kind: 'device' };
  }

  async function deleteForgotten(): Promise<number> {
    let deleted = 0;
    for (let batch = BATCH; batch === BATCH; deleted += batch) {
      batch = await database.transaction((tx) => store.deleteForgottenLanes(tx.query, now(), BATCH));
    }
    return deleted;
  }

  return {
    async attempt(who) {
      const lane = laneOf(who);
      const { key, userId: user_id, kind } = lane;
      return await database.transaction(async ({ query }) => {
        // Not before: whoever has waited for the database begins to wait here now.
        const at = now();
        const counted = await store.addFailure(query, { key, user_id, kind }, at);
        if (counted === undefined) throw throttled(await store.findLane(query, key), at);
        return { lane, waitMs: Math.max(0, counted.blocked_until - at), failuresInRow: counted.in_row };
      });
    },
    async succeed(tx, { key, userId, kind }) {
      await store.deleteLanes(tx.query, [key]);
      // The owner is there: strangers may fail as often again, but wait as long as they had to.
      if (kind === 'device' && userId !== null) await store.resetInRow(tx.query, keys.ofUser(userId));
    },
    chores: [{ name: 'failed sign-ins that count no more', run: deleteForgotten }],
    async listBlocked(limit) {
      const rows = await store.listBlockedLanes(database.read, now(), limit);
      return rows.map((row) => ({
        key: row.key,
        userId: row.user_id,
        kind: row.kind,
        failures: row.failures,
        inRow: row.in_row,
        blockedUntil: isClosed(row) ? null : row.blocked_until,
        lastFailedAt: row.last_failed_at,
      }));
    },
    async release({ query }, which) {
      if ('userId' in which) return await store.deleteLanesOfUser(query, which.userId);
      return await store.deleteLanes(query, 'key' in which ? [which.key] : keys.ofNobody(which.identifier));
    },
  };
}
