// Proof by password. One hash of the configured cost on every path, and one answer for an unknown name, a wrong password and a disabled account.
import { Problem } from '#contract/problem.ts';
import type { Origin } from '../../../http/principal.ts';
import type { Hashing } from '../../../security/password-hash.ts';
import type { Attempt } from '../../sign-in-throttle/index.ts';
import type { UserRow } from '../../users/index.ts';
import type { Browser } from '../browser.ts';
import type { AuthParts } from '../parts.ts';
import type { Proof, Visit } from '../sign-in.ts';

export interface PasswordCredentials {
  identifier: string;
  password: string;
}

interface Verified {
  attempt: Attempt;
  /** It was no failure after all. */
  forgive: () => void;
  row: UserRow;
  renewedHash: string | undefined;
}

/** Records why, and answers the same whatever it was. */
function createRefuse({ database, audit }: Pick<AuthParts, 'database' | 'audit'>) {
  return async function refuse(
    attempt: Attempt,
    row: UserRow | undefined,
    origin: Origin,
    reason: string,
  ): Promise<never> {
    // The name that was typed is not kept: people type their password into it.
    const event = {
      actor: { type: 'anonymous' },
      ...(row !== undefined && { target: { type: 'user' as const, id: row.id } }),
      origin,
    } as const;
    const { lane, waitMs, failuresInRow } = attempt;
    await database.transaction(async (tx) => {
      await audit.record(tx, { ...event, name: 'authn_login_fail', details: { reason } });
      if (waitMs === 0) return;
      const details = { waitSeconds: waitMs / 1000, failuresInRow, lane: lane.kind };
      await audit.record(tx, { ...event, name: 'authn_login_lock', details });
    });
    throw new Problem('invalid-credentials', { detail: 'Check the spelling of both, and try again.' });
  };
}

/** @throws Problem `invalid-credentials`, `throttled`, `quota-exceeded`, `busy` */
export function createPasswordWay({ database, users, throttle, countStrangersFailure, hasher, audit }: AuthParts) {
  const refuse = createRefuse({ database, audit });

  /** Counted as a failure before the password is looked at: of the account, and where a stranger tries, of everybody together. */
  async function begin(
    identifier: string,
    row: UserRow | undefined,
    device: string | undefined,
  ): Promise<Pick<Verified, 'attempt' | 'forgive'>> {
    const forgive = device === undefined ? await countStrangersFailure() : () => {};
    try {
      return { attempt: await throttle.attempt({ identifier, row, device }), forgive };
    } catch (error) {
      forgive(); // no password was tried
      throw error;
    }
  }

  async function verify(
    { hash, verify, verifyNothing }: Hashing,
    { identifier, password }: PasswordCredentials,
    origin: Origin,
    browser: Browser | undefined,
  ): Promise<Verified> {
    const row = await users.findByIdentifier(identifier);
    const { attempt, forgive } = await begin(identifier, row, row && browser?.deviceOf(row));
    // Of a disabled account the password is not even looked at: a right one would be told apart by an older, cheaper hash.
    if (row?.status !== 'active') {
      await verifyNothing(password);
      return await refuse(attempt, row, origin, row === undefined ? 'unknown account' : 'disabled');
    }
    if (!(await verify(password, row.password_hash))) return await refuse(attempt, row, origin, 'wrong password');
    const renewedHash = hasher.needsRehash(row.password_hash) ? await hash(password) : undefined;
    return { attempt, forgive, row, renewedHash };
  }

  return async function prove(
    credentials: PasswordCredentials,
    { origin, transport }: Visit,
    browser: Browser | undefined,
  ): Promise<Proof> {
    const { attempt, forgive, row, renewedHash } = await hasher.admit((place) =>
      verify(place, credentials, origin, browser),
    );
    return {
      event: { name: 'authn_login_success', details: { transport } },
      async confirm(tx) {
        if (!(await users.confirmSignIn(tx, row, renewedHash))) return undefined;
        return users.view(row, await users.rolesOf(tx, row.id));
      },
      complete: (tx) => throttle.succeed(tx, attempt.lane),
      settle: forgive,
      refuse: () => refuse(attempt, row, origin, 'changed meanwhile'),
    };
  };
}
