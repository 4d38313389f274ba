// A stranger makes an account. Also how the first administrator is made: the same steps under another condition.
import { Problem } from '#contract/problem.ts';
import type { BuiltInRole } from '#contract/permissions.ts';
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
  /** Runs last in the transaction. */
  completed?: (tx: Tx, userId: string) => Promise<void>;
}

export function createRegistration({ database, users, sessions, hasher, rules, audit, signUp }: AuthParts) {
  /** @throws Problem `invalid-input`, `username-taken`, `email-taken`, `busy` */
  async function createAccount(who: Registration, origin: Origin, account: CreateAccount): Promise<Issued> {
    await rules.assertAcceptable(
      '/password',
      who.password,
      contextOf({ username: who.username, email: who.email.address }),
    );
    const passwordHash = await hasher.hash(who.password);
    const create = database.transaction(async (tx) => {
      await account.condition?.(tx);
      const user = await users.create(tx, { ...who, passwordHash, roles: account.roles });
      const actor = { type: 'user', id: user.id } as const;
      const session = await sessions.begin(tx, { userId: user.id, transport: who.transport, origin });
      await audit.record(tx, {
        name: 'user_created',
        actor,
        target: actor,
        sessionId: session.id,
        origin,
        details: { roles: account.roles },
      });
      await account.completed?.(tx, user.id);
      return { user, session };
    });
    const { user, session } = await create.catch((error: unknown) => {
      throw users.asProblem(error);
    });
    return sessions.issue(session, user);
  }

  return {
    createAccount,
    async register(who: Registration, origin: Origin): Promise<Issued> {
      if (signUp !== 'open') throw new Problem('sign-up-closed', { detail: 'Ask an administrator for an account.' });
      return await createAccount(who, origin, { roles: ['user'] });
    },
  };
}
