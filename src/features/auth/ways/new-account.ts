// Proof by being new: whoever makes an account is its owner. Also how the first administrator is made, under another condition.
import type { BuiltInRole } from '#contract/permissions.ts';
import type { User } from '#contract/users.ts';
import type { Tx } from '../../../database/open.ts';
import type { AuthParts } from '../parts.ts';
import type { Proof } from '../sign-in.ts';

export interface NewAccount {
  username: string;
  email: { address: string; canonical: string };
  password: string;
}

export interface AccountOptions {
  roles: readonly BuiltInRole[];
  /** Runs first in the transaction; what it throws leaves nothing behind. */
  condition?: (tx: Tx) => Promise<void>;
}

interface SignedInOptions extends AccountOptions {
  /** Runs last in the transaction. */
  completed?: (tx: Tx, user: User) => Promise<void>;
}

export function createNewAccountWay({ database, users, hasher, rules, audit }: AuthParts) {
  /** Checks and hashes, before any transaction; what it resolves with makes the account. */
  async function ready(who: NewAccount, { roles, condition }: AccountOptions, signsIn: boolean) {
    const { username, email, password } = who;
    await rules.assertAcceptable('/password', password, { username, email: email.address });
    const passwordHash = await hasher.hash(password);
    return async (tx: Tx): Promise<User> => {
      await condition?.(tx);
      return await users.create(tx, { ...who, passwordHash, roles, signsIn });
    };
  }

  return {
    /** @throws Problem `invalid-input`, `busy`; the sign-in also `username-taken`, `email-taken` */
    async prove(who: NewAccount, { completed, ...options }: SignedInOptions): Promise<Proof> {
      const create = await ready(who, options, true);
      return {
        event: { name: 'user_created', details: { roles: options.roles } },
        confirm: create,
        ...(completed !== undefined && { complete: completed }),
        explain: (error) => users.asProblem(error, who.username),
      };
    },
    /** By the server itself, before anybody has come: no session begins that nobody holds. */
    async createUnattended(who: NewAccount, options: AccountOptions): Promise<void> {
      const create = await ready(who, options, false);
      try {
        await database.transaction(async (tx) => {
          const { id } = await create(tx);
          const details = { roles: options.roles };
          const target = { type: 'user', id } as const;
          await audit.record(tx, { name: 'user_created', actor: { type: 'system' }, target, details });
        });
      } catch (error) {
        throw await users.asProblem(error, who.username);
      }
    },
  };
}

export type NewAccounts = ReturnType<typeof createNewAccountWay>;
