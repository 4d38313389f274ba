// The gate: who calls, is it too much, may they. For routes, upgrades, and proxies that ask on behalf of another app: it knows of a request
// what `RequestContext` says, and nothing of Express.
import type { Access } from '#contract/endpoint.ts';
import { Problem } from '#contract/problem.ts';
import type { EndpointQuota } from '#contract/quota.ts';
import type { RequestContext } from './context.ts';
import { bearerTokenOf } from './credential.ts';
import type { CredentialReader, ReadCredential } from './credential.ts';
import { invalidToken } from './principal.ts';
import type { AnonymousPrincipal, Principal } from './principal.ts';
import type { Quotas } from './quota.ts';

/** What is asked of whoever wants to pass. */
export interface GateRule {
  readonly access: Exclude<Access, 'configured'>;
  readonly quota: EndpointQuota;
}

export interface Gate {
  /**
   * Resolves with who calls. `context.principal` is set as soon as that is known, also where they may not pass.
   * @param setHeader for the RateLimit header fields, whatever the answer will be
   * @throws Problem `quota-exceeded`, `invalid-token`, `forbidden`, and `unavailable` where the database is away
   */
  pass(context: RequestContext, rule: GateRule, setHeader: SetHeader): Promise<Principal>;
}

export type SetHeader = (name: string, value: string) => void;

export interface GateParts {
  /**
   * The first one that finds its kind decides. What is not in the list opens nothing here: a credential that a browser sends by itself belongs
   * in the gate of the one door that it is meant for, not in that of the API (CSRF).
   */
  credentials: readonly CredentialReader[];
  quotas: Pick<Quotas, 'count'>;
  anonymous: AnonymousPrincipal;
}

/** One request on its way through. */
interface Passing {
  readonly context: RequestContext;
  readonly rule: GateRule;
  readonly setHeader: SetHeader;
  credential: ReadCredential;
  principal: Principal;
}

type Step = (passing: Passing, parts: GateParts) => Promise<void> | undefined;

/** In this order. */
const steps: readonly Step[] = [
  readCredential, // by its signature or its checksum: costs no query
  countRequest, // by its address, and by whom the credential names: what is too much costs no query either
  authenticate, // the session or the key behind the credential, as the database knows it now
  authorize, // may this principal do this
];

export function createGate(parts: GateParts): Gate {
  return {
    async pass(context, rule, setHeader) {
      const passing: Passing = { context, rule, setHeader, credential: undefined, principal: parts.anonymous };
      for (const step of steps) {
        const waiting = step(passing, parts);
        if (waiting !== undefined) await waiting; // most have nothing to wait for
      }
      return passing.principal;
    },
  };
}

async function readCredential(passing: Passing, { credentials }: GateParts): Promise<void> {
  const { context, rule } = passing;
  if (rule.access === 'public') return;
  const { headers, isLocal } = context;
  const request = { headers, isLocal, bearerToken: bearerTokenOf(headers) };
  for (const read of credentials) {
    passing.credential = await read(request);
    if (passing.credential !== undefined) return;
  }
  // Another scheme, or a token in no form that a token has: whoever says who they are must not pass as nobody.
  if (headers.authorization !== undefined) passing.credential = 'invalid';
}

function countRequest(passing: Passing, { quotas }: GateParts): Promise<void> | undefined {
  const { context, rule, setHeader, credential } = passing;
  const countedAs = typeof credential === 'object' ? credential.countedAs : undefined;
  if (countedAs?.kind === 'nobody') return undefined;
  return quotas.count(rule.quota, { address: context.address, countedAs }, setHeader);
}

async function authenticate(passing: Passing, { anonymous }: GateParts): Promise<void> {
  const { credential, context, rule } = passing;
  if (credential !== undefined) {
    const principal = credential === 'invalid' ? undefined : await credential.findPrincipal();
    // Many clients send their last token with everything: where the request has another credential, that one decides.
    if (principal === undefined && rule.access !== 'credential') throw invalidToken();
    passing.principal = principal ?? anonymous;
  }
  context.principal = passing.principal;
}

function authorize({ principal, rule: { access } }: Passing): undefined {
  if (access === 'session' && principal.kind !== 'user') {
    if (principal.kind === 'anonymous') throw invalidToken();
    throw new Problem('forbidden', { detail: 'This is for people who are signed in.' });
  }
  if (typeof access === 'string' || principal.permissions.has(access.permission)) return;
  if (principal.kind === 'anonymous') throw invalidToken();
  throw new Problem('forbidden', { detail: `This needs the permission ${access.permission}.` });
}
