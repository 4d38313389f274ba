// What a request can carry to say who calls. Each kind is a reader; the gate asks them in order.
import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from './principal.ts';

export type Sometimes<T> = T | Promise<T>;

/** What a reader may look at. */
export interface CredentialRequest {
  readonly headers: IncomingHttpHeaders;
  /** The token of `Authorization: Bearer`, where there is one in the form of RFC 6750. */
  readonly bearerToken: string | undefined;
  /** On this machine, and not through a proxy. */
  isLocal(): boolean;
}

/** Whom a request counts as, beside its client address. Nobody: it is not counted at all, not even by its address. */
export type CountedAs = { readonly kind: 'user' | 'key'; readonly id: string } | { readonly kind: 'nobody' };

/** Well signed, or found by its checksum. Whose it is counts before anything is asked of the database: a refused request must cost no query. */
export interface VerifiedCredential {
  readonly countedAs: CountedAs;
  /** Undefined where the session has ended, the key was revoked, or its user may not sign in. */
  findPrincipal(): Sometimes<Principal | undefined>;
}

/** `invalid`: of this kind, and good for nothing, whatever the reason. Undefined: the request carries none of this kind. */
export type ReadCredential = VerifiedCredential | 'invalid' | undefined;

export type CredentialReader = (request: CredentialRequest) => Sometimes<ReadCredential>;

/** RFC 6750 section 2.1. */
export const bearerTokenOf = ({ authorization = '' }: IncomingHttpHeaders): string | undefined =>
  /^Bearer +([\w\-.~+/]+=*)$/i.exec(authorization)?.[1];

/** A bearer token was sent, whether good or not; another scheme is none (RFC 6750 section 3.1). */
export const sendsBearerToken = ({ authorization = '' }: IncomingHttpHeaders): boolean =>
  /^Bearer(?: |$)/i.test(authorization);
