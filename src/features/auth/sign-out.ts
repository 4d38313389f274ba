import type { Origin, Principal } from '../../http/principal.ts';
import { invalidToken } from '../../http/principal.ts';
import type { AuthParts } from './parts.ts';

/** Terminates the caller's session at the server: the one of the access token, or of the browser's cookie. */
export function createSignOut({ database, sessions }: AuthParts) {
  const terminate = (sid: string, userId: string, origin: Origin): Promise<void> =>
    database.transaction((tx) =>
      sessions.terminate(tx, { sid, reason: 'log-out', actor: { type: 'user', id: userId }, origin }),
    );

  return {
    async byPrincipal(principal: Principal, origin: Origin): Promise<'cookie' | 'token'> {
      if (principal.kind !== 'user') throw invalidToken();
      await terminate(principal.session.id, principal.user.id, origin);
      return principal.session.transport;
    },
    /** A cookie whose session is over, or that is not ours, is signed out already. */
    async byRefreshToken(refreshToken: string, origin: Origin): Promise<void> {
      const found = await sessions.findByRefreshToken(refreshToken);
      if (found?.transport === 'cookie') await terminate(found.sid, found.userId, origin);
    },
  };
}
