// One hash of the configured cost on every path, and one answer for an unknown name, a wrong password and a disabled account.
import { Problem } from '#contract/problem.ts';
import type { Origin } from '../../http/principal.ts';
import type { Hashing } from '../../security/password-hash.ts';
import type { Issued } from '../sessions/index.ts';
import type { UserRow } from '../users/index.ts';
import type { AuthParts } from './parts.ts';

export interface LogIn {
  identifier: string;
  password: string;
  transport: 'cookie' | 'token';
}

/** What a browser brings along. Not looked at before there is a place to hash in: a busy server must not ask its database. */
export interface Browser {
  /** The session it is in so far. */
  findReplacedSid(): Promise<string | undefined>;
}

interface Verified {
  row: UserRow;
  renewedHash: string | undefined;
  replacedSid: string | undefined;
}

/** @throws Problem `invalid-credentials`, `busy` */
export function createLogIn({ database, users, sessions, hasher, audit }: AuthParts) {
  async function refuse(row: UserRow | undefined, origin: Origin, reason: string): Promise<never> {
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
    throw new Problem('invalid-credentials', { detail: 'Check the spelling of both, and try again.' });
  }

  async function verify(
    { hash, verify, verifyNothing }: Hashing,
    { identifier, password }: LogIn,
    origin: Origin,
    browser: Browser | undefined,
  ): Promise<Verified> {
    const row = await users.findByIdentifier(identifier);
    // Of a disabled account the password is not even looked at: a right one would be told apart by an older, cheaper hash.
    if (row?.status !== 'active') {
      await verifyNothing(password);
      return await refuse(row, origin, row === undefined ? 'unknown account' : 'disabled');
    }
    if (!(await verify(password, row.password_hash))) return await refuse(row, origin, 'wrong password');
    const renewedHash = hasher.needsRehash(row.password_hash) ? await hash(password) : undefined;
    return { row, renewedHash, replacedSid: await browser?.findReplacedSid() };
  }

  return async function logIn(credentials: LogIn, origin: Origin, browser?: Browser): Promise<Issued> {
    await sessions.assertCanIssue();
    const { row, renewedHash, replacedSid } = await hasher.admit((place) =>
      verify(place, credentials, origin, browser),
    );
    const { transport } = credentials;
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
    if (begun === undefined) return await refuse(row, origin, 'changed meanwhile');
    return await sessions.issue(begun.session, users.view(row, begun.roles));
  };
}
