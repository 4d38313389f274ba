import type { Migration } from '../migrate.ts';

export const logInLanes: Migration = {
  name: '0002-log-in-lanes',
  async up({ schema }) {
    await schema
      .createTable('log_in_lanes')
      .addColumn('key', 'text', (column) => column.primaryKey().notNull())
      .addColumn('user_id', 'text', (column) => column.references('users.id').onDelete('cascade'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('failures', 'integer', (column) => column.notNull())
      .addColumn('window_started_at', 'bigint', (column) => column.notNull())
      .addColumn('in_row', 'integer', (column) => column.notNull())
      .addColumn('last_failed_at', 'bigint', (column) => column.notNull())
      .addColumn('blocked_until', 'bigint', (column) => column.notNull())
      .execute();
    for (const column of ['user_id', 'last_failed_at', 'blocked_until'] as const)
      await schema.createIndex(`log_in_lanes_${column}`).on('log_in_lanes').column(column).execute();
  },
};
