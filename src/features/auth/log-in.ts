// One hash of the configured cost on every path, and one answer for an unknown name, a wrong password and a disabled account.
import { Problem } from '#contract/problem.ts';
import type { Origin } from '../../http/principal.ts';
import type { Issued, Sessions } from '../sessions/index.ts';
import type { UserRow } from '../users/index.ts';
import type { AuthParts } from './parts.ts';

export interface LogIn {
  identifier: string;
  password: string;
  transport: 'cookie' | 'token';
}

const wrong = (): Problem =>
  new Problem('invalid-credentials', { detail: 'Check the spelling of both, and try again.' });

export type ReplacedSession = Awaited<ReturnType<Sessions['findByRefreshToken']>>;

/**
 * @param replaced the session this browser was in before: it ends with the new one's beginning (LG-09)
 * @throws Problem `invalid-credentials`, `busy`
 */
export function createLogIn({ database, users, sessions, hasher, audit }: AuthParts) {
  async function recordFailure(row: UserRow | undefined, origin: Origin): Promise<void> {
    await database.transaction((tx) =>
      audit.record(tx, {
        name: 'authn_login_fail',
        actor: { type: 'anonymous' },
        // The name that was typed is not kept: people type their password into it.
        ...(row !== undefined && { target: { type: 'user', id: row.id } }),
        origin,
        details: {
          reason: row === undefined ? 'unknown account' : row.status === 'disabled' ? 'disabled' : 'wrong password',
        },
      }),
    );
  }

  return async function logIn(
    { identifier, password, transport }: LogIn,
    origin: Origin,
    replaced: ReplacedSession,
  ): Promise<Issued> {
    const row = await users.findByIdentifier(identifier);
    const matches =
      row === undefined ? await hasher.verifyNothing(password) : await hasher.verify(password, row.password_hash);
    if (row === undefined || !matches || row.status === 'disabled') {
      await recordFailure(row, origin);
      throw wrong();
    }
    const passwordHash = hasher.needsRehash(row.password_hash) ? await hasher.hash(password) : row.password_hash;
    const session = await database.transaction(async (tx) => {
      if (!(await users.confirmLogIn(tx, row, passwordHash))) throw wrong();
      const actor = { type: 'user', id: row.id } as const;
      if (replaced !== undefined)
        await sessions.terminate(tx, { sid: replaced.sid, reason: 'replaced', actor, origin });
      const begun = await sessions.begin(tx, { userId: row.id, transport, origin });
      await audit.record(tx, {
        name: 'authn_login_success',
        actor,
        target: actor,
        sessionId: begun.id,
        origin,
        details: { transport },
      });
      return begun;
    });
    return sessions.issue(session, users.view(row, await users.rolesOf(row.id)));
  };
}
