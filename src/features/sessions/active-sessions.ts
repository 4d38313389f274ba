// Which principal a session makes now. Kept for at most five seconds, and forgotten at once when anything about it changes,
// in this process or another: a disabled user's next request is refused, although the token is still well signed (JW-07).
import { LRUCache } from 'lru-cache';
import { permissionsOf } from '#contract/permissions.ts';
import type { Database } from '../../database/open.ts';
import type { UserPrincipal } from '../../http/principal.ts';
import { sha256Hex } from '../../security/random-token.ts';
import type { Users } from '../users/index.ts';
import { findSessionWithUser } from './store.ts';
import type { SessionRow, SessionWithUser } from './store.ts';

const CACHE_MS = 5_000;
const CACHED_SESSIONS = 10_000;

interface Active {
  principal: UserPrincipal;
  expiresAt: number;
}

export interface ActiveSessions {
  /**
   * Undefined where the session is over or its user may not sign in. Synchronous where it is known already.
   * @param feedIsLive what `changes.check()` has just said: only then may the cache be trusted
   */
  find(sid: string, feedIsLive: boolean): UserPrincipal | undefined | Promise<UserPrincipal | undefined>;
  /** For changes that concern this process only; all others go through the database's change feed. */
  forget(sid: string): void;
}

interface Parts {
  database: Database;
  viewUser: Users['view'];
  now: () => number;
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Until when the session lasts if it is not renewed; undefined where it is over. */
export function liveUntil(
  { session, user }: Pick<SessionWithUser, 'session' | 'user'>,
  now: number,
): number | undefined {
  const expiresAt = Math.min(session.idle_expires_at, session.absolute_expires_at);
  return session.terminated_at === null && user.status === 'active' && expiresAt > now ? expiresAt : undefined;
}

function viewSession(session: SessionRow): UserPrincipal['session'] {
  return {
    id: session.id,
    transport: session.transport,
    createdAt: iso(session.created_at),
    lastUsedAt: iso(session.last_used_at),
    idleExpiresAt: iso(session.idle_expires_at),
    absoluteExpiresAt: iso(session.absolute_expires_at),
    address: session.address,
    userAgent: session.user_agent,
  };
}

export function createActiveSessions({ database, viewUser, now }: Parts): ActiveSessions {
  const cache = new LRUCache<string, Active>({ max: CACHED_SESSIONS, ttl: CACHE_MS });
  /** Grows with every change: what was read before one must not be kept after it. */
  let changes = 0;

  function forgetUser(userId: string): void {
    for (const [sid, { principal }] of cache.entries()) if (principal.user.id === userId) cache.delete(sid);
  }

  database.changes.subscribe((topic) => {
    changes += 1;
    const [kind, id = ''] = topic.split(':');
    if (kind === 'session') cache.delete(id);
    else if (kind === 'user') forgetUser(id);
    else if (topic === '*') cache.clear();
  });

  async function load(sid: string, mayKeep: boolean): Promise<UserPrincipal | undefined> {
    const before = changes;
    const found = await findSessionWithUser(database.read, sid);
    const expiresAt = found === undefined ? undefined : liveUntil(found, now());
    if (found === undefined || expiresAt === undefined) return undefined;
    const principal: UserPrincipal = {
      kind: 'user',
      user: viewUser(found.user, found.roles),
      session: viewSession(found.session),
      permissions: permissionsOf(found.roles),
      sessionHash: sha256Hex(sid).slice(0, 16),
    };
    if (mayKeep && before === changes) cache.set(sid, { principal, expiresAt });
    return principal;
  }

  return {
    find(sid, feedIsLive) {
      const cached = feedIsLive ? cache.get(sid) : undefined;
      if (cached !== undefined && cached.expiresAt > now()) return cached.principal;
      return load(sid, feedIsLive);
    },
    forget: (sid) => void cache.delete(sid),
  };
}
