// Rotation: each refresh token works once. Keeps no row for a token: it is the session's id and counter under a MAC.
import { Problem } from '#contract/problem.ts';
import type { Database } from '../../database/open.ts';
import type { Origin } from '../../http/principal.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import { formatRefreshToken, isGenuineRefreshToken, parseRefreshToken } from '../../security/refresh-token.ts';
import type { RefreshToken } from '../../security/refresh-token.ts';
import type { Audit } from '../audit/index.ts';
import { liveUntil } from './active-sessions.ts';
import { findSessionWithUser, rotateSession, terminateSession } from './store.ts';
import type { SessionRow, SessionWithUser } from './store.ts';

/** For an answer that was lost, or two tabs at once; the direct predecessor only (SE-04). */
const GRACE_MS = 10_000;

export interface RefreshTokens {
  /** The session's present token. */
  format(session: Pick<SessionRow, 'id' | 'salt' | 'counter'>): string;
  /** The session that a token of ours belongs to; undefined for a forged one, at whatever session it points. */
  find(token: string): Promise<{ token: RefreshToken; found: SessionWithUser } | undefined>;
  /** @throws Problem `invalid-token` */
  rotate(token: string, transport: SessionRow['transport'], origin: Origin): Promise<SessionWithUser>;
}

interface Parts {
  database: Database;
  secrets: SecretRing;
  audit: Audit;
  idleSeconds: number;
  /** @throws Problem `quota-exceeded` */
  countRefresh: (sid: string) => Promise<void>;
  now: () => number;
}

const refused = (reason: string): Problem =>
  new Problem('invalid-token', { detail: 'This session is over. Sign in again.', reason });

export function createRefreshTokens({
  database,
  secrets,
  audit,
  idleSeconds,
  countRefresh,
  now,
}: Parts): RefreshTokens {
  const find: RefreshTokens['find'] = async (text) => {
    const token = parseRefreshToken(text);
    const found = token === undefined ? undefined : await findSessionWithUser(database.read, token.sid);
    // The MAC first: the session's id is public, and a forged token must not end anyone's session.
    const isOurs = token !== undefined && isGenuineRefreshToken(secrets, token, found?.session.salt ?? '');
    return isOurs && found !== undefined ? { token, found } : undefined;
  };

  /** The token's time is over. A stranger has it, or had it: whoever holds the successor is signed out as well (SE-03). */
  async function endAfterReuse(token: RefreshToken, userId: string, origin: Origin): Promise<never> {
    await database.transaction(async (tx) => {
      const terminated = await terminateSession(tx.query, token.sid, 'refresh-token-reuse', now());
      if (terminated === undefined) return;
      await audit.record(tx, {
        name: 'authn_token_reuse',
        actor: { type: 'anonymous' },
        target: { type: 'user', id: userId },
        sessionId: token.sid,
        origin,
        details: { counter: token.counter },
      });
      await tx.publish(`session:${token.sid}`);
    });
    throw refused('an old refresh token was used');
  }

  return {
    format: ({ id, salt, counter }) => formatRefreshToken(secrets, { sid: id, counter, salt }),
    find,
    async rotate(text, transport, origin) {
      const known = await find(text);
      if (known === undefined) throw refused('not a refresh token of ours');
      const { token, found } = known;
      // After the MAC: a stranger who knows a session's id must not use its quota up.
      await countRefresh(token.sid);
      if (found.session.transport !== transport) throw refused(`the session's transport is ${found.session.transport}`);
      if (liveUntil(found, now()) === undefined) throw refused('the session is over');

      const at = now();
      const rotated = await database.transaction((tx) =>
        rotateSession(tx.query, token, { now: at, idleExpiresAt: at + idleSeconds * 1000 }),
      );
      if (rotated !== undefined) return { ...found, session: rotated };

      // Somebody was faster, or this token is an old one: what is true now decides.
      const latest = await findSessionWithUser(database.read, token.sid);
      if (latest === undefined || liveUntil(latest, at) === undefined) throw refused('the session is over');
      const { counter, rotated_at } = latest.session;
      if (token.counter > counter) throw refused('the counter is ahead of the database, as after a restore');
      if (token.counter === counter - 1 && rotated_at !== null && at - rotated_at <= GRACE_MS) return latest;
      return await endAfterReuse(token, found.user.id, origin);
    },
  };
}
