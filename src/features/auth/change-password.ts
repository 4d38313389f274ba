import { Problem } from '#contract/problem.ts';
import type { Origin, UserPrincipal } from '../../http/principal.ts';
import type { AuthParts } from './parts.ts';

const atCurrent = (detail: string): Problem =>
  new Problem('invalid-input', { errors: [{ pointer: '/currentPassword', detail }] });

/** Needs the current password; ends every other session (PW-13). */
export function createChangePassword({ database, users, sessions, hasher, rules, audit }: AuthParts) {
  return async function changePassword(
    principal: UserPrincipal,
    { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
    origin: Origin,
  ): Promise<void> {
    const actor = { type: 'user', id: principal.user.id } as const;
    const event = { actor, target: actor, sessionId: principal.session.id, origin };
    const refuse = async (detail: string): Promise<never> => {
      await database.transaction((tx) => audit.record(tx, { ...event, name: 'authn_password_change_fail' }));
      throw atCurrent(detail);
    };
    const row = await users.findById(principal.user.id);
    if (row === undefined || !(await hasher.verify(currentPassword, row.password_hash)))
      return await refuse('This is not your current password.');
    if (newPassword === currentPassword)
      throw new Problem('invalid-input', {
        errors: [{ pointer: '/newPassword', detail: 'The new password is the current one.' }],
      });
    await rules.assertAcceptable('/newPassword', newPassword, principal.user);
    const passwordHash = await hasher.hash(newPassword);
    const changed = await database.transaction(async (tx) => {
      if (!(await users.changePassword(tx, row, passwordHash))) return false;
      const terminated = await sessions.terminateOfUser(tx, {
        userId: row.id,
        exceptSid: principal.session.id,
        reason: 'password-changed',
      });
      await audit.record(tx, {
        ...event,
        name: 'authn_password_change',
        details: { terminatedSessions: terminated.length },
      });
      return true;
    });
    if (!changed) await refuse('The account was changed somewhere else just now.');
  };
}
