// A stranger makes an account. Also how the first administrator is made: the same steps under another condition.
import { Problem } from '#contract/problem.ts';
import type { BuiltInRole } from '#contract/permissions.ts';
import type { User } from '#contract/auth.ts';
import type { Tx } from '../../database/open.ts';
import type { Origin } from '../../http/principal.ts';
import type { Issued } from '../sessions/index.ts';
import type { AuthParts } from './parts.ts';
import { contextOf } from './password-rules.ts';

export interface Registration {
  username: string;
  email: { address: string; canonical: string };
  password: string;
  transport: 'cookie' | 'token';
}

export interface CreateAccount {
  roles: readonly BuiltInRole[];
  /** Runs first in the transaction; what it throws leaves nothing behind. */
  condition?: (tx: Tx) => Promise<void>;
}

interface SignedInAccount extends CreateAccount {
  /** Runs last in the transaction. */
  completed?: (tx: Tx, userId: string) => Promise<void>;
  /** The session this browser was in before. */
  replacedSid?: string | undefined;
}

export function createRegistration({ database, users, sessions, hasher, rules, audit, signUp }: AuthParts) {
  type Person = Omit<Registration, 'transport'>;

  /** @throws Problem `invalid-input`, `username-taken`, `email-taken`, `busy` */
  async function create<T>(
    who: Person,
    account: CreateAccount & { signsIn: boolean },
    complete: (tx: Tx, user: User) => Promise<T>,
  ): Promise<T> {
    await rules.assertAcceptable(
      '/password',
      who.password,
      contextOf({ username: who.username, email: who.email.address }),
    );
    const passwordHash = await hasher.hash(who.password);
    try {
      return await database.transaction(async (tx) => {
        await account.condition?.(tx);
        return await complete(tx, await users.create(tx, { ...who, passwordHash, ...account }));
      });
    } catch (error) {
      throw await users.asProblem(error, who.username);
    }
  }

  /** By whom it is for, who is signed in with it. */
  async function createAccount(who: Registration, origin: Origin, account: SignedInAccount): Promise<Issued> {
    const { roles, completed, replacedSid } = account;
    await sessions.assertCanIssue();
    const { user, session } = await create(who, { ...account, signsIn: true }, async (tx, user) => {
      const actor = { type: 'user', id: user.id } as const;
      const session = await sessions.begin(tx, { userId: user.id, transport: who.transport, origin, replacedSid });
      const event = { actor, target: actor, sessionId: session.id, origin, details: { roles } };
      await audit.record(tx, { ...event, name: 'user_created' });
      await completed?.(tx, user.id);
      return { user, session };
    });
    return await sessions.issue(session, user);
  }

  return {
    createAccount,
    /** By the server itself, before anybody has come: no session begins that nobody holds. */
    async createAccountUnattended(who: Person, account: CreateAccount): Promise<void> {
      await create(who, { ...account, signsIn: false }, (tx, { id }) =>
        audit.record(tx, {
          name: 'user_created',
          actor: { type: 'system' },
          target: { type: 'user', id },
          details: { roles: account.roles },
        }),
      );
    },
    async register(who: Registration, origin: Origin, replacedSid?: string): Promise<Issued> {
      if (signUp !== 'open') throw new Problem('sign-up-closed', { detail: 'Ask an administrator for an account.' });
      return await createAccount(who, origin, { roles: ['user'], replacedSid });
    },
  };
}
