// Sessions: begun at sign-in, renewed by rotation, ended at once everywhere.
import { v7 as uuidv7 } from 'uuid';
import type { SessionAnswer, User } from '#contract/auth.ts';
import type { Database, Tx } from '../../database/open.ts';
import type { Authenticate, Origin } from '../../http/principal.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import { randomToken } from '../../security/random-token.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { SigningKeys } from '../signing-keys/index.ts';
import type { Users } from '../users/index.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createActiveSessions } from './active-sessions.ts';
import { createRefreshTokens } from './refresh.ts';
import * as store from './store.ts';
import type { SessionRow } from './store.ts';

export type TerminationReason = 'log-out' | 'replaced' | 'password-changed' | 'user-disabled';

/** A session's answer with its refresh token still in hand: the caller decides whether it travels in a cookie or the body. */
export interface Issued {
  answer: Omit<SessionAnswer, 'refreshToken'>;
  refreshToken: string;
  transport: SessionRow['transport'];
  /** Seconds until the absolute end. */
  maxAgeSeconds: number;
}

export interface Sessions {
  authenticate: Authenticate;
  /** Inserts the session; sign nothing before the transaction has committed. */
  begin(tx: Tx, who: { userId: string; transport: SessionRow['transport']; origin: Origin }): Promise<SessionRow>;
  issue(session: SessionRow, user: User): Issued;
  /** @throws Problem `invalid-token` */
  refresh(refreshToken: string, transport: SessionRow['transport'], origin: Origin): Promise<Issued>;
  /** The session a refresh token of ours belongs to, live or not. */
  findByRefreshToken(
    refreshToken: string,
  ): Promise<{ sid: string; userId: string; transport: SessionRow['transport'] } | undefined>;
  /** Does nothing where the session is over already. */
  terminate(tx: Tx, which: { sid: string; reason: TerminationReason; actor: Actor; origin: Origin }): Promise<void>;
  terminateOfUser(tx: Tx, which: { userId: string; exceptSid?: string; reason: TerminationReason }): Promise<string[]>;
}

interface Parts {
  database: Database;
  secrets: SecretRing;
  signingKeys: SigningKeys;
  users: Users;
  audit: Audit;
  issuer: string;
  accessTokenSeconds: number;
  idleSeconds: number;
  absoluteSeconds: number;
  now: () => number;
}

export function createSessions(parts: Parts): Sessions {
  const { database, signingKeys, users, audit, now } = parts;
  const accessTokens = createAccessTokens({ ...parts, seconds: parts.accessTokenSeconds });
  const activeSessions = createActiveSessions({ database, viewUser: users.view, now });
  const refreshTokens = createRefreshTokens(parts);

  function principalOf(token: string): ReturnType<Authenticate> {
    const claims = accessTokens.verify(token);
    return claims === undefined ? undefined : activeSessions.find(claims.sid);
  }

  function issue(session: SessionRow, user: User): Issued {
    const accessToken = accessTokens.issue({ userId: user.id, sid: session.id, roles: user.roles });
    return {
      answer: { accessToken, tokenType: 'Bearer', expiresIn: accessTokens.seconds, user },
      refreshToken: refreshTokens.format(session),
      transport: session.transport,
      maxAgeSeconds: Math.max(0, Math.floor((session.absolute_expires_at - now()) / 1000)),
    };
  }

  return {
    issue,
    authenticate(token) {
      database.changes.check();
      const keysLoading = signingKeys.refresh();
      return keysLoading === undefined ? principalOf(token) : keysLoading.then(() => principalOf(token));
    },
    async begin(tx, { userId, transport, origin }) {
      const at = now();
      const row: SessionRow = {
        id: uuidv7({ msecs: at }),
        user_id: userId,
        counter: 0,
        salt: randomToken(16),
        transport,
        created_at: at,
        last_used_at: at,
        rotated_at: null,
        idle_expires_at: at + parts.idleSeconds * 1000,
        absolute_expires_at: at + parts.absoluteSeconds * 1000,
        terminated_at: null,
        terminated_reason: null,
        address: origin.address,
        user_agent: origin.userAgent,
      };
      await store.insertSession(tx.query, row);
      return row;
    },
    async refresh(refreshToken, transport, origin) {
      const { session, user, roles } = await refreshTokens.rotate(refreshToken, transport, origin);
      activeSessions.forget(session.id);
      await signingKeys.refresh();
      return issue(session, users.view(user, roles));
    },
    async findByRefreshToken(text) {
      const known = await refreshTokens.find(text);
      return known && { sid: known.token.sid, userId: known.found.user.id, transport: known.found.session.transport };
    },
    async terminate(tx, { sid, reason, actor, origin }) {
      const userId = await store.terminateSession(tx.query, sid, reason, now());
      if (userId === undefined) return;
      const name = reason === 'log-out' ? 'authn_logout' : 'session_terminated';
      await audit.record(tx, {
        name,
        actor,
        target: { type: 'user', id: userId },
        sessionId: sid,
        origin,
        details: { reason },
      });
      await tx.publish(`session:${sid}`);
    },
    async terminateOfUser(tx, { userId, exceptSid, reason }) {
      const terminated = await store.terminateSessionsOfUser(tx.query, { userId, exceptSid, reason }, now());
      await tx.publish(`user:${userId}`);
      return terminated;
    },
  };
}
