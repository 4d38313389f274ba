// What happens once somebody has proven who they are, whichever way: one session, one event, one answer.
import type { SessionAnswer } from '#contract/sessions.ts';
import type { User } from '#contract/users.ts';
import type { Database, Tx } from '../../database/open.ts';
import type { Origin } from '../../http/principal.ts';
import type { CookieDoor } from '../../http/route.ts';
import type { Audit, SecurityEventName } from '../audit/index.ts';
import type { Issued, Sessions } from '../sessions/index.ts';
import type { Browser, Browsers } from './browser.ts';

/** How somebody comes to sign in. */
export interface Visit {
  /** How the refresh token is to travel. */
  transport: 'cookie' | 'token';
  cookies: CookieDoor;
  origin: Origin;
}

/** That somebody is who they say. Each way of proving it makes one; what it does with the database it does in the one transaction of the sign-in. */
export interface Proof {
  /** What is recorded once the session has begun. */
  readonly event: { readonly name: SecurityEventName; readonly details: Record<string, unknown> };
  /** First in the transaction: whom it proves, undefined where it does not hold any more. What it throws leaves nothing behind. */
  confirm(tx: Tx): Promise<User | undefined>;
  /** Last in the transaction. */
  complete?(tx: Tx, user: User): Promise<void>;
  /** Once all of it is committed. */
  settle?(): void;
  /** Where it did not hold any more. @throws Problem */
  refuse?(): Promise<never>;
  /** What an error of the transaction means to whoever signs in. */
  explain?(error: unknown): Promise<unknown>;
}

/** @throws Problem, whatever the way refuses for */
export type Prove = (browser: Browser | undefined) => Promise<Proof>;

/**
 * @throws Problem `cross-site-request` where a cookie is asked for by another site, `unavailable` where no token can be signed, and
 * what the way refuses for
 */
export type SignIn = (visit: Visit, prove: Prove) => Promise<SessionAnswer>;

interface Parts {
  database: Database;
  sessions: Sessions;
  audit: Audit;
  browsers: Browsers;
}

/** The refresh token goes into the cookie or into the body, never both (SE-13). */
export function answerTo({ answer, refreshToken, transport }: Issued): SessionAnswer {
  return transport === 'token' ? { ...answer, refreshToken } : answer;
}

export function createSignIn({ database, sessions, audit, browsers }: Parts): SignIn {
  function begin(proof: Proof, { transport, origin }: Visit, replacedSid: string | undefined) {
    return database.transaction(async (tx) => {
      const user = await proof.confirm(tx);
      if (user === undefined) return undefined;
      const session = await sessions.begin(tx, { userId: user.id, transport, origin, replacedSid });
      const actor = { type: 'user', id: user.id } as const;
      await audit.record(tx, { ...proof.event, actor, target: actor, sessionId: session.id, origin });
      await proof.complete?.(tx, user);
      return { session, user };
    });
  }

  return async function signIn(visit, prove) {
    const browser = visit.transport === 'cookie' ? browsers.of(visit.cookies.open()) : undefined;
    await sessions.assertCanIssue();
    const proof = await prove(browser);
    const replacedSid = await browser?.findSid();
    const begun = await begin(proof, visit, replacedSid).catch(async (error: unknown) => {
      throw (await proof.explain?.(error)) ?? error;
    });
    if (begun === undefined) {
      await proof.refuse?.();
      throw new Error('a proof that may fail to hold says what that means');
    }
    proof.settle?.();
    const issued = await sessions.issue(begun.session, begun.user);
    browser?.keep(issued);
    return answerTo(issued);
  };
}
