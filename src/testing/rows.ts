/** Rows for the tests of this folder. */
import type { Insertable } from 'kysely';
import { v7 } from 'uuid';
import type { LogInLanesTable, SecurityEventsTable, SessionsTable, UsersTable } from '../database/schema.ts';

export const uuidv7 = (): string => v7();

export function aUser(given: Partial<Insertable<UsersTable>> = {}): Insertable<UsersTable> {
  const id = given.id ?? uuidv7();
  return {
    id,
    username: `user-${id}`,
    email: `${id}@example.org`,
    email_canonical: `${id}@example.org`,
    display_name: '',
    password_hash: 'none',
    status: 'active',
    password_changed_at: 1,
    created_at: 1,
    updated_at: 1,
    ...given,
  };
}

export function aSession(user_id: string): Insertable<SessionsTable> {
  const times = { created_at: 1, last_used_at: 1, idle_expires_at: 2, absolute_expires_at: 3 };
  return { id: uuidv7(), user_id, counter: 0, salt: '', transport: 'token', ...times, address: '::1', user_agent: '' };
}

export function aLane(user_id: string | null): Insertable<LogInLanesTable> {
  const counts = { failures: 1, window_started_at: 1, in_row: 1, last_failed_at: 1, blocked_until: 0 };
  return { key: uuidv7(), user_id, kind: 'strangers', ...counts };
}

export function anEvent(given: Partial<Insertable<SecurityEventsTable>> = {}): Insertable<SecurityEventsTable> {
  return { id: uuidv7(), name: 'test', occurred_at: 1, actor_type: 'system', details: '{}', ...given };
}
