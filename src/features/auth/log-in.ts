// One hash of the configured cost on every path, and one answer for an unknown name, a wrong password and a disabled account.
import { Problem } from '#contract/problem.ts';
import type { Origin } from '../../http/principal.ts';
import type { Issued } from '../sessions/index.ts';
import type { UserRow } from '../users/index.ts';
import type { AuthParts } from './parts.ts';

export interface LogIn {
  identifier: string;
  password: string;
  transport: 'cookie' | 'token';
}

const wrong = (): Problem =>
  new Problem('invalid-credentials', { detail: 'Check the spelling of both, and try again.' });

/** @throws Problem `invalid-credentials`, `busy` */
export function createLogIn({ database, users, sessions, hasher, audit }: AuthParts) {
  async function recordFailure(row: UserRow | undefined, origin: Origin, reason: string): Promise<void> {
    await database.transaction((tx) =>
      audit.record(tx, {
        name: 'authn_login_fail',
        actor: { type: 'anonymous' },
        // The name that was typed is not kept: people type their password into it.
        ...(row !== undefined && { target: { type: 'user', id: row.id } }),
        origin,
        details: { reason },
      }),
    );
  }

  return async function logIn(
    { identifier, password, transport }: LogIn,
    origin: Origin,
    replacedSid?: string,
  ): Promise<Issued> {
    await sessions.assertCanIssue();
    const row = await users.findByIdentifier(identifier);
    // Of a disabled account the password is not even looked at: a right one would be told apart by an older, cheaper hash.
    if (row?.status !== 'active') {
      await hasher.verifyNothing(password);
      await recordFailure(row, origin, row === undefined ? 'unknown account' : 'disabled');
      throw wrong();
    }
    if (!(await hasher.verify(password, row.password_hash))) {
      await recordFailure(row, origin, 'wrong password');
      throw wrong();
    }
    const renewedHash = hasher.needsRehash(row.password_hash) ? await hasher.hash(password) : undefined;
    const begun = await database.transaction(async (tx) => {
      if (!(await users.confirmLogIn(tx, row, renewedHash))) return undefined;
      const actor = { type: 'user', id: row.id } as const;
      const session = await sessions.begin(tx, { userId: row.id, transport, origin, replacedSid });
      await audit.record(tx, {
        name: 'authn_login_success',
        actor,
        target: actor,
        sessionId: session.id,
        origin,
        details: { transport },
      });
      return { session, roles: await users.rolesOf(tx, row.id) };
    });
    if (begun === undefined) {
      await recordFailure(row, origin, 'changed meanwhile');
      throw wrong();
    }
    return await sessions.issue(begun.session, users.view(row, begun.roles));
  };
}
