// Sessions: begun at sign-in, renewed by rotation, ended at once everywhere.
import { v7 as uuidv7 } from 'uuid';
import type { SessionAnswer } from '#contract/sessions.ts';
import type { User } from '#contract/users.ts';
import type { Database, Tx } from '../../database/open.ts';
import type { CredentialReader, ReadCredential } from '../../http/credential.ts';
import type { Origin } from '../../http/principal.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import { randomToken } from '../../security/random-token.ts';
import type { Audit } from '../audit/index.ts';
import type { Feature } from '../feature.ts';
import type { SigningKeys } from '../signing-keys/index.ts';
import type { Users } from '../users/index.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createDeletion } from './deletion.ts';
import { createActiveSessions } from './active-sessions.ts';
import { createRefreshTokens } from './refresh.ts';
import { insertSession } from './store.ts';
import type { SessionRow } from './store.ts';
import { createTermination } from './termination.ts';
import type { Termination } from './termination.ts';

/** A session's answer with its refresh token still in hand: the caller decides whether it travels in a cookie or the body. */
export interface Issued {
  answer: Omit<SessionAnswer, 'refreshToken'>;
  refreshToken: string;
  transport: SessionRow['transport'];
  /** Seconds until the absolute end. */
  maxAgeSeconds: number;
}

export interface Sessions extends Termination, Feature {
  /**
   * To be asked before the transaction of a sign-in: what it has written would stay, and its answer be an error.
   * @throws Problem `unavailable` where no token can be signed
   */
  assertCanIssue(): Promise<void>;
  /** Inserts the session, and terminates the one whose place it takes; sign nothing before the transaction has committed. */
  begin(tx: Tx, who: NewSession): Promise<SessionRow>;
  issue(session: SessionRow, user: User): Promise<Issued>;
  /** @throws Problem `invalid-token` */
  refresh(refreshToken: string, transport: SessionRow['transport'], origin: Origin): Promise<Issued>;
  /** The session a refresh token of ours belongs to, live or not. */
  findByRefreshToken(
    refreshToken: string,
  ): Promise<{ sid: string; userId: string; transport: SessionRow['transport'] } | undefined>;
}

interface NewSession {
  userId: string;
  transport: SessionRow['transport'];
  origin: Origin;
  /** The session this browser was in before: one from before a sign-in is worthless after it (LG-09). */
  replacedSid?: string | undefined;
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
  /** @throws Problem `quota-exceeded` */
  countRefresh: (sid: string) => Promise<void>;
  now: () => number;
}

function newSession(
  { userId, transport, origin }: NewSession,
  at: number,
  { idleSeconds, absoluteSeconds }: Parts,
): SessionRow {
  return {
    id: uuidv7({ msecs: at }),
    user_id: userId,
    counter: 0,
    salt: randomToken(16),
    transport,
    created_at: at,
    last_used_at: at,
    rotated_at: null,
    idle_expires_at: at + idleSeconds * 1000,
    absolute_expires_at: at + absoluteSeconds * 1000,
    terminated_at: null,
    terminated_reason: null,
    address: origin.address,
    user_agent: origin.userAgent,
  };
}

export function createSessions(parts: Parts): Sessions {
  const { database, signingKeys, users, audit, now } = parts;
  const accessTokens = createAccessTokens({ ...parts, seconds: parts.accessTokenSeconds });
  const activeSessions = createActiveSessions({ database, viewUser: users.view, now });
  const refreshTokens = createRefreshTokens(parts);
  const termination = createTermination(audit, now);

  function verify(token: string, feedIsLive: boolean): ReadCredential {
    const claims = accessTokens.verify(token);
    if (claims === undefined) return 'invalid';
    const countedAs = { kind: 'user', id: claims.sub } as const;
    return { countedAs, findPrincipal: () => activeSessions.find(claims.sid, feedIsLive) };
  }

  /** Every bearer token that no other reader has taken for its own. */
  const readAccessToken: CredentialReader = ({ bearerToken: token }) => {
    if (token === undefined) return undefined;
    const feedIsLive = database.changes.check();
    const keysLoading = signingKeys.refresh(feedIsLive);
    return keysLoading?.then(() => verify(token, feedIsLive)) ?? verify(token, feedIsLive);
  };

  async function assertCanIssue(): Promise<void> {
    await signingKeys.refresh();
    signingKeys.current();
  }

  async function issue(session: SessionRow, user: User): Promise<Issued> {
    // What is signed with a key that was revoked a moment ago opens nothing.
    await signingKeys.refresh();
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
    assertCanIssue,
    async begin(tx, who) {
      const row = newSession(who, now(), parts);
      const { replacedSid: sid, userId: id, origin } = who;
      if (sid !== undefined)
        await termination.terminate(tx, { sid, reason: 'replaced', actor: { type: 'user', id }, origin });
      await insertSession(tx.query, row);
      return row;
    },
    async refresh(refreshToken, transport, origin) {
      await assertCanIssue();
      const { session, user, roles } = await refreshTokens.rotate(refreshToken, transport, origin);
      activeSessions.forget(session.id);
      return await issue(session, users.view(user, roles));
    },
    async findByRefreshToken(text) {
      const session = (await refreshTokens.find(text))?.found.session;
      return session && { sid: session.id, userId: session.user_id, transport: session.transport };
    },
    ...termination,
    credentials: [readAccessToken],
    chores: [{ name: 'sessions that ended long ago', run: createDeletion(database, now) }],
  };
}
