import type { Transaction } from 'kysely';
import type { Migration } from '../migrate.ts';
import type { Tables } from '../schema.ts';

export const firstTables: Migration = {
  name: '0001-first-tables',
  async up(query, engine) {
    await createUsers(query);
    await createSessions(query);
    await createSecrets(query);
    await createSecurityEvents(query);
    await engine.appendOnly(query, 'security_events', ['chain_position', 'previous_hash', 'chain_hash']);
  },
};

async function createUsers({ schema }: Transaction<Tables>): Promise<void> {
  await schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('username', 'text', (column) => column.notNull().unique())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_canonical', 'text', (column) => column.notNull().unique())
    .addColumn('email_verified_at', 'bigint')
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('password_changed_at', 'bigint', (column) => column.notNull())
    .addColumn('last_login_at', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  await schema
    .createTable('user_roles')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('granted_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('user_roles_pkey', ['user_id', 'role'])
    .execute();
  await schema.createIndex('user_roles_role').on('user_roles').column('role').execute();
}

async function createSessions({ schema }: Transaction<Tables>): Promise<void> {
  await schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('counter', 'integer', (column) => column.notNull())
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('transport', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint', (column) => column.notNull())
    .addColumn('rotated_at', 'bigint')
    .addColumn('idle_expires_at', 'bigint', (column) => column.notNull())
    .addColumn('absolute_expires_at', 'bigint', (column) => column.notNull())
    .addColumn('terminated_at', 'bigint')
    .addColumn('terminated_reason', 'text')
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('user_agent', 'text', (column) => column.notNull())
    .execute();
  await schema.createIndex('sessions_user_id').on('sessions').column('user_id').execute();
  await schema.createIndex('sessions_absolute_expires_at').on('sessions').column('absolute_expires_at').execute();
}

async function createSecrets({ schema }: Transaction<Tables>): Promise<void> {
  await schema
    .createTable('signing_keys')
    .addColumn('kid', 'text', (column) => column.primaryKey().notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('public_jwk', 'text', (column) => column.notNull())
    .addColumn('private_key_sealed', 'text', (column) => column.notNull())
    .addColumn('secret_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('activated_at', 'bigint')
    .addColumn('retired_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .execute();
  await schema
    .createIndex('signing_keys_one_current')
    .on('signing_keys')
    .column('state')
    .unique()
    .where('state', '=', 'current')
    .execute();
  await schema
    .createTable('setup_secrets')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint')
    .execute();
  await schema
    .createTable('app_secrets_seen')
    .addColumn('secret_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('first_seen_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createSecurityEvents({ schema }: Transaction<Tables>): Promise<void> {
  await schema
    .createTable('security_events')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('occurred_at', 'bigint', (column) => column.notNull())
    .addColumn('actor_type', 'text', (column) => column.notNull())
    .addColumn('actor_id', 'text')
    .addColumn('target_type', 'text')
    .addColumn('target_id', 'text')
    .addColumn('session_id', 'text')
    .addColumn('address', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('request_id', 'text')
    .addColumn('details', 'text', (column) => column.notNull())
    .addColumn('chain_position', 'bigint', (column) => column.unique())
    .addColumn('previous_hash', 'text')
    .addColumn('chain_hash', 'text')
    .execute();
  for (const columns of [['occurred_at'], ['actor_id', 'occurred_at'], ['target_id', 'occurred_at']]) {
    const name = `security_events_${columns.join('_')}`;
    await schema.createIndex(name).on('security_events').columns(columns).execute();
  }
}
