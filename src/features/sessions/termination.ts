// A session's end. It acts on the next request everywhere: the change feed tells every replica after the commit.
import type { Tx } from '../../database/open.ts';
import type { Origin } from '../../http/principal.ts';
import type { Actor, Audit } from '../audit/index.ts';
import * as store from './store.ts';

export type TerminationReason = 'log-out' | 'replaced' | 'password-changed' | 'user-disabled';

export interface Termination {
  /** Does nothing where the session is over already. */
  terminate(tx: Tx, which: { sid: string; reason: TerminationReason; actor: Actor; origin: Origin }): Promise<void>;
  terminateOfUser(tx: Tx, which: { userId: string; exceptSid?: string; reason: TerminationReason }): Promise<string[]>;
}

export function createTermination(audit: Audit, now: () => number): Termination {
  return {
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
