// What an administrator does to an account. The last one who can sign in always stays.
import { builtInRoleNames } from '#contract/permissions.ts';
import { Problem } from '#contract/problem.ts';
import type { Database, Tx } from '../../database/open.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { findByIdentifier, lockAdministrators } from './accounts.ts';
import * as store from './store.ts';
import type { UserRow } from './store.ts';

export interface UserAdministration {
  /** Acts on the user's next request: sessions are terminated in the same transaction. */
  disable(identifier: string, actor: Actor): Promise<void>;
  enable(identifier: string, actor: Actor): Promise<void>;
  setRoles(identifier: string, roles: readonly string[], actor: Actor): Promise<void>;
}

interface Parts {
  database: Database;
  /** Ends the user's sessions in this transaction. */
  terminateSessions: (tx: Tx, which: { userId: string; reason: 'user-disabled' }) => Promise<string[]>;
  audit: Audit;
  now: () => number;
}

const statusChange = (before: UserRow['status'], after: UserRow['status']) => ({
  before: { status: before },
  after: { status: after },
});

async function assertAdministratorLeft(tx: Tx): Promise<void> {
  if ((await store.countActiveWithRole(tx.query, 'admin')) === 0)
    throw new Problem('last-administrator', { detail: 'Somebody else must be an administrator first.' });
}

export function createUserAdministration({ database, terminateSessions, audit, now }: Parts): UserAdministration {
  /** One transaction under the lock of the rule; the row is read inside it. */
  const change = (identifier: string, act: (tx: Tx, row: UserRow) => Promise<void>): Promise<void> =>
    database.transaction(async (tx) => {
      await lockAdministrators(tx);
      const row = await findByIdentifier(tx.query, identifier);
      if (row === undefined) throw new Problem('not-found', { detail: 'There is no such user.' });
      await act(tx, row);
      await tx.publish(`user:${row.id}`);
    });

  return {
    disable: (identifier, actor) =>
      change(identifier, async (tx, row) => {
        if (row.status === 'disabled') return;
        const hadAdministrator = (await store.countActiveWithRole(tx.query, 'admin')) > 0;
        await store.updateStatus(tx.query, row.id, 'disabled', now());
        if (hadAdministrator) await assertAdministratorLeft(tx);
        const terminated = await terminateSessions(tx, { userId: row.id, reason: 'user-disabled' });
        await audit.record(tx, {
          name: 'user_disabled',
          actor,
          target: { type: 'user', id: row.id },
          details: { ...statusChange('active', 'disabled'), terminatedSessions: terminated.length },
        });
      }),
    enable: (identifier, actor) =>
      change(identifier, async (tx, row) => {
        if (row.status === 'active') return;
        await store.updateStatus(tx.query, row.id, 'active', now());
        await audit.record(tx, {
          name: 'user_enabled',
          actor,
          target: { type: 'user', id: row.id },
          details: statusChange('disabled', 'active'),
        });
      }),
    async setRoles(identifier, roles, actor) {
      const unknown = roles.filter((role) => !builtInRoleNames.some((name) => name === role));
      if (unknown.length > 0) throw new Problem('invalid-input', { detail: `There is no role ${unknown.join(', ')}.` });
      await change(identifier, async (tx, row) => {
        const before = await store.rolesOf(tx.query, row.id);
        const after = [...new Set(roles)].toSorted();
        if (before.join() === after.join()) return;
        await store.deleteRoles(tx.query, row.id);
        await store.insertRoles(tx.query, row.id, after, now());
        if (before.includes('admin')) await assertAdministratorLeft(tx);
        await audit.record(tx, {
          name: 'privilege_permissions_changed',
          actor,
          target: { type: 'user', id: row.id },
          details: { before: { roles: before }, after: { roles: after } },
        });
      });
    },
  };
}
