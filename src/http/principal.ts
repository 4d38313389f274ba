// Who makes this request, and from where.
import type { Session, User } from '#contract/auth.ts';
import type { Permission } from '#contract/permissions.ts';

/** Who a security event was caused by, as far as the connection tells. */
export interface Origin {
  readonly requestId: string;
  /** The client's address behind the trusted proxies. */
  readonly address: string;
  /** At most 256 characters. */
  readonly userAgent: string;
}

/** Who asks to be authenticated. */
export interface Caller extends Origin {
  /** On this machine, and not through a proxy. */
  isLocal(): boolean;
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

type Sometimes<T> = T | undefined | Promise<T | undefined>;

/** A well signed token of ours. Whose it is counts before its session is read: a refused request must not cost a query. */
export interface VerifiedToken {
  /** Undefined for the operator, who is not counted: what releases others must not be refused with them. */
  readonly userId: string | undefined;
  /** Undefined where the session is over, or its user may not sign in. */
  principal(): Sometimes<UserPrincipal | OperatorPrincipal>;
}

/** Verifies a bearer token; undefined for one that opens nothing, whatever the reason. */
export type Authenticate = (bearerToken: string, caller: Caller) => Sometimes<VerifiedToken>;
