// Who is signed in here. The access token lives in this closure and nowhere else (SE-13).
import type { SessionAnswer } from '#contract/sessions.ts';
import type { User } from '#contract/users.ts';
import type { Refusal } from './refusal.ts';

/** `never`: nobody was. `here`: by the button. `elsewhere`: in another tab. `ended`: the server says that the session is over. */
export type SignedOutBecause = 'never' | 'here' | 'elsewhere' | 'ended';

export type SessionState =
  | { readonly phase: 'restoring' }
  | { readonly phase: 'unreachable'; readonly refusal: Refusal }
  | { readonly phase: 'signed-out'; readonly because: SignedOutBecause }
  | { readonly phase: 'signed-in'; readonly user: User };

/** An access token, and whose it is. */
export interface Credential {
  readonly token: string;
  readonly userId: string;
}

export interface Held extends Credential {
  /** Milliseconds since 1970: from then on it is renewed before it is used. */
  readonly freshUntil: number;
}

const LONGEST_MARGIN_SECONDS = 30;

/** Renewed a little early, so that a request does not arrive with a token that has just expired; the server counts in whole seconds. */
function heldOf({ accessToken, expiresIn, user }: SessionAnswer, now: number): Held {
  const margin = Math.min(LONGEST_MARGIN_SECONDS, 1 + expiresIn / 5);
  return { token: accessToken, userId: user.id, freshUntil: now + (expiresIn - margin) * 1000 };
}

/** @param parts.forget drops whatever was loaded for the person who was signed in */
export function createSessionMemory(parts: { now: () => number; forget: () => void }) {
  let state: SessionState = { phase: 'restoring' };
  let held: Held | undefined;
  const listeners = new Set<() => void>();

  function become(next: SessionState): void {
    state = next;
    for (const changed of listeners) changed();
  }

  return {
    state: (): SessionState => state,
    subscribe: (changed: () => void): (() => void) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    held: (): Held | undefined => held,
    fresh: (): Held | undefined => (held !== undefined && parts.now() < held.freshUntil ? held : undefined),
    take: (answer: SessionAnswer): Held => {
      if (held !== undefined && held.userId !== answer.user.id) parts.forget();
      held = heldOf(answer, parts.now());
      become({ phase: 'signed-in', user: answer.user });
      return held;
    },
    end: (because: SignedOutBecause): void => {
      if (held !== undefined) parts.forget();
      held = undefined;
      become({ phase: 'signed-out', because });
    },
    /** Nobody could say whether somebody is signed in here. Where that is known already, it stays. */
    remainUndecided: (refusal: Refusal): void => {
      if (state.phase === 'restoring' || state.phase === 'unreachable') become({ phase: 'unreachable', refusal });
    },
  };
}
