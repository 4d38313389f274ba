// Who makes this request, and from where.
import type { Session } from '#contract/sessions.ts';
import type { User } from '#contract/users.ts';
import type { Permission } from '#contract/permissions.ts';
import { Problem } from '#contract/problem.ts';

/** Who a security event was caused by, as far as the connection tells. */
export interface Origin {
  readonly requestId: string;
  /** The client's address behind the trusted proxies. */
  readonly address: string;
  /** At most 256 characters. */
  readonly userAgent: string;
}

export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
  /** Empty, or the guest role's where anonymous access is on. */
  readonly permissions: ReadonlySet<Permission>;
}

/** A user in a session, as the database knows them now; the token's own claims decide nothing. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly user: User;
  readonly session: Session;
  readonly permissions: ReadonlySet<Permission>;
  /** The session's id for logs: it names the session and cannot be used for anything. */
  readonly sessionHash: string;
}

/** Whoever runs the operator's command on this machine. */
export interface OperatorPrincipal {
  readonly kind: 'operator';
  readonly permissions: ReadonlySet<Permission>;
}

export type Principal = AnonymousPrincipal | UserPrincipal | OperatorPrincipal;

/** One answer for every token and session that opens nothing. */
export const invalidToken = (): Problem =>
  new Problem('invalid-token', { detail: 'The access token is missing, has expired or has been revoked.' });
