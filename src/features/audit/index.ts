// Security events: append-only, written in the transaction of the act they tell of. Never a secret in them.
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../../database/open.ts';
import type { Origin } from '../../http/principal.ts';

/** Names of the OWASP logging vocabulary, where it has one. */
export type SecurityEventName =
  | 'authn_login_success'
  | 'authn_login_fail'
  | 'authn_login_lock'
  | 'authn_logout'
  | 'authn_password_change'
  | 'authn_password_change_fail'
  | 'authn_token_reuse'
  | 'session_terminated'
  | 'user_created'
  | 'user_disabled'
  | 'user_enabled'
  | 'privilege_permissions_changed'
  | 'setup_link_created'
  | 'setup_completed'
  | 'app_secret_changed'
  | 'signing_key_created'
  | 'signing_key_rotated'
  | 'signing_key_revoked'
  | 'limit_released';

export type Actor =
  | { readonly type: 'user'; readonly id: string }
  | { readonly type: 'anonymous' }
  /** The server itself, or its operator at the command line. */
  | { readonly type: 'system' };

export interface SecurityEvent {
  name: SecurityEventName;
  actor: Actor;
  target?: { type: 'user' | 'session' | 'signing-key' | 'setup' | 'limit'; id: string };
  sessionId?: string;
  /** Absent for what nobody asked for over the network. */
  origin?: Origin;
  /** What changed is in `before` and `after`. */
  details?: Record<string, unknown>;
}

export interface Audit {
  record(tx: Tx, event: SecurityEvent): Promise<void>;
}

export function createAudit({ now }: { now: () => number }): Audit {
  return {
    async record(tx, { name, actor, target, sessionId, origin, details = {} }) {
      await tx.query
        .insertInto('security_events')
        .values({
          id: uuidv7({ msecs: now() }),
          name,
          occurred_at: now(),
          actor_type: actor.type,
          actor_id: actor.type === 'user' ? actor.id : null,
          target_type: target?.type ?? null,
          target_id: target?.id ?? null,
          session_id: sessionId ?? null,
          address: origin?.address ?? null,
          user_agent: origin?.userAgent ?? null,
          request_id: origin?.requestId ?? null,
          details: JSON.stringify(details),
          chain_position: null,
          previous_hash: null,
          chain_hash: null,
        })
        .execute();
    },
  };
}
