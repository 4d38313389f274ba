import { v7 as uuidv7 } from 'uuid';
import type { User } from '#contract/users.ts';
import { Problem } from '#contract/problem.ts';
import type { BuiltInRole } from '#contract/permissions.ts';
import { uniqueViolation } from '../../database/open.ts';
import type { Database, Tx } from '../../database/open.ts';
import { canonicalEmailAddress } from '../../security/email-address.ts';
import { canonicalUsername } from '../../security/username.ts';
import * as store from './store.ts';
import type { UserRow } from './store.ts';

export interface NewUser {
  username: string;
  email: { address: string; canonical: string };
  passwordHash: string;
  roles: readonly BuiltInRole[];
  /** Their first session begins in the same transaction. */
  signsIn: boolean;
}

export interface Users {
  /** The user as the wire knows them; no hash, no canonical forms. */
  view(row: UserRow, roles: readonly string[]): User;
  /** By e-mail address where it holds an `@`, else by user name, in any spelling. */
  findByIdentifier(identifier: string): Promise<UserRow | undefined>;
  findById(id: string): Promise<UserRow | undefined>;
  rolesOf(tx: Tx, userId: string): Promise<string[]>;
  /**
   * A collision of names as a problem, the user name first where both are taken; any other error as it is. Catch around
   * `transaction()`.
   */
  asProblem(error: unknown, username: string): Promise<unknown>;
  create(tx: Tx, user: NewUser): Promise<User>;
  /** Records the sign-in and renews the hash; false where the account or its password has changed meanwhile. */
  confirmSignIn(tx: Tx, row: UserRow, renewedHash: string | undefined): Promise<boolean>;
  /** False where somebody else has changed the password or disabled the account meanwhile. */
  changePassword(tx: Tx, row: UserRow, passwordHash: string): Promise<boolean>;
  hasAdministrator(query?: Database['read']): Promise<boolean>;
  /** To be held by whatever makes the first administrator, before it asks whether there is one. */
  lockAdministrators(tx: Tx): Promise<void>;
}

/** Everything that changes who is an administrator holds this lock: a rule over several rows. */
export const lockAdministrators = (tx: Tx): Promise<void> => tx.lock('administrators');

async function asNameProblem(query: Database['read'], error: unknown, username: string): Promise<unknown> {
  const column = uniqueViolation(error);
  // Where both are taken, each database names the one that it looked at first.
  const isUsernameTaken =
    column === 'users.username' ||
    (column === 'users.email_canonical' && (await store.findUserBy(query, 'username', username)) !== undefined);
  if (isUsernameTaken)
    return new Problem('username-taken', {
      errors: [{ pointer: '/username', detail: 'This user name is taken.' }],
      cause: error,
    });
  if (column === 'users.email_canonical')
    return new Problem('email-taken', {
      errors: [{ pointer: '/email', detail: 'This e-mail address already has an account.' }],
      cause: error,
    });
  return error;
}

function viewUser(row: UserRow, roles: readonly string[]): User {
  return {
    id: row.id,
    username: row.username,
    email: row.email,
    emailVerified: row.email_verified_at !== null,
    displayName: row.display_name,
    roles: [...roles],
    status: row.status,
    createdAt: new Date(row.created_at).toISOString(),
  };
}

export async function findByIdentifier(query: Database['read'], identifier: string): Promise<UserRow | undefined> {
  const isEmail = identifier.includes('@');
  const canonical = isEmail ? canonicalEmailAddress(identifier)?.canonical : canonicalUsername(identifier);
  if (canonical === undefined) return undefined;
  return await store.findUserBy(query, isEmail ? 'email_canonical' : 'username', canonical);
}

export function createUsers({ database, now }: { database: Database; now: () => number }): Users {
  return {
    view: viewUser,
    findByIdentifier: (identifier) => findByIdentifier(database.read, identifier),
    findById: (id) => store.findUserBy(database.read, 'id', id),
    rolesOf: (tx, userId) => store.rolesOf(tx.query, userId),
    asProblem: (error, username) => asNameProblem(database.read, error, username),
    async create(tx, { username, email, passwordHash, roles, signsIn }) {
      const at = now();
      const row: UserRow = {
        id: uuidv7({ msecs: at }),
        username,
        email: email.address,
        email_canonical: email.canonical,
        email_verified_at: null,
        display_name: username,
        password_hash: passwordHash,
        status: 'active',
        password_changed_at: at,
        last_login_at: signsIn ? at : null,
        created_at: at,
        updated_at: at,
      };
      await store.insertUser(tx.query, row, roles);
      return viewUser(row, roles);
    },
    confirmSignIn: (tx, row, renewedHash) => store.updateAtSignIn(tx.query, row, { renewedHash, now: now() }),
    changePassword: (tx, row, passwordHash) => store.updatePasswordHash(tx.query, row, { passwordHash, now: now() }),
    hasAdministrator: async (query = database.read) => (await store.countActiveWithRole(query, 'admin')) > 0,
    lockAdministrators,
  };
}
