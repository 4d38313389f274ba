// Signing in, staying signed in, and signing out. The refresh token is a cookie that no script can read, so "am I signed in"
// is a question to the server.
import type { SessionAnswer } from '#contract/sessions.ts';
import type { Address } from './endpoints.ts';
import type { Exclusive } from './exclusive.ts';
import { asRefusal, isRefusal, signedOut } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { Request } from './request.ts';
import { createSessionMemory } from './session-memory.ts';
import type { Credential, Held, SessionState } from './session-memory.ts';
import type { TabMessage, Tabs } from './tabs.ts';

export interface Session {
  state(): SessionState;
  subscribe(changed: () => void): () => void;
  /** Asks the server whether this browser is signed in. Never throws: the state says what came of it. */
  restore(): Promise<void>;
  /** Runs a log-in, registration or set-up, and takes what it answers. @throws Refusal */
  signIn(act: () => Promise<SessionAnswer>): Promise<void>;
  /** Where the server cannot be reached, the cookie stays, and so does the session. @throws Refusal */
  signOut(): Promise<void>;
  /** @throws Refusal `invalid-token` where nobody is signed in (any more) */
  credential(): Promise<Credential>;
  /** A new one in place of one that the server refused. @throws Refusal, also where somebody else has signed in meanwhile */
  renewAfter(rejected: Credential, refusal: Refusal): Promise<Credential>;
}

export interface SessionParts {
  request: Request;
  addresses: { readonly refresh: Address; readonly logOut: Address };
  exclusive: Exclusive;
  tabs: Tabs;
  now: () => number;
  /** Whatever was loaded for the person who was signed in. */
  forget: () => void;
}

export function createSession({ request, addresses, exclusive, tabs, now, forget }: SessionParts): Session {
  const memory = createSessionMemory({ now, forget });
  let renewal: Promise<Held> | undefined;

  async function askForRenewal(): Promise<Held> {
    const before = memory.held();
    const isOvertaken = (): boolean => memory.held() !== before;
    try {
      const { body } = await request(addresses.refresh, { body: {} });
      if (!isOvertaken()) return memory.take(body as SessionAnswer);
    } catch (error) {
      // Only the server's own word ends a session: an outage does not.
      if (isRefusal(error, 'invalid-token') && !isOvertaken()) memory.end(before === undefined ? 'never' : 'ended');
      throw error;
    }
    const held = memory.held();
    if (held === undefined) throw signedOut();
    return held;
  }

  /** All callers of this tab share one renewal; tabs wait for each other. */
  function renew(): Promise<Held> {
    renewal ??= exclusive(askForRenewal).finally(() => (renewal = undefined));
    return renewal;
  }

  async function restore(): Promise<void> {
    await renew().catch((error: unknown) => memory.remainUndecided(asRefusal(error)));
  }

  function hear(message: TabMessage): void {
    if (message.event === 'signed-in') {
      if (memory.held()?.userId !== message.userId) void restore();
    } else if (memory.state().phase === 'signed-in') memory.end('elsewhere');
  }

  tabs.listen(hear);

  return {
    state: memory.state,
    subscribe: memory.subscribe,
    restore,
    signIn: async (act) => {
      const { userId } = await exclusive(async () => memory.take(await act()));
      tabs.tell({ event: 'signed-in', userId });
    },
    signOut: async () => {
      await exclusive(async () => {
        await request(addresses.logOut, { body: {} }).catch((error: unknown) => {
          if (!isRefusal(error, 'invalid-token')) throw error; // that one means: signed out already
        });
        memory.end('here');
      });
      tabs.tell({ event: 'signed-out' });
    },
    credential: async () => memory.fresh() ?? (await renew()),
    renewAfter: async (rejected, refusal) => {
      const held = memory.held();
      const renewed = held !== undefined && held.token !== rejected.token ? held : await renew();
      if (renewed.userId !== rejected.userId) throw refusal; // what one person began is not finished as another
      return renewed;
    },
  };
}
