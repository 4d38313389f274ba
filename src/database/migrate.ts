import type { Transaction } from 'kysely';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/**
 * One step forward of the schema. Expand or contract, never both in one release: the previous release must keep
 * working on the new schema. It runs in a transaction of its own, so after a kill it has happened wholly or not at all.
 */
export interface Migration {
  /** `0001-first-tables`: its file's name, and its key in `schema_migrations`. */
  name: string;
  up(query: Transaction<Tables>, engine: Pick<Engine, 'appendOnly'>): Promise<void>;
}

const lockName = 'gatehouse-migrations';

/**
 * The names of those migrations, in order, that are not applied yet. Applied ones that this release does not know are
 * fine: after a roll-back the older release meets the newer schema. (Kysely's own Migrator refuses to run then.)
 */
export async function findPending(engine: Engine, migrations: readonly Migration[]): Promise<string[]> {
  const applied = await readApplied(engine);
  return migrations.map(({ name }) => name).filter((name) => !applied.has(name));
}

export interface MigrateOptions {
  now: () => number;
  /** In each migration's transaction, so that nobody meets a table without its rights. */
  grant?: ((query: Transaction<Tables>) => Promise<unknown>) | undefined;
}

/**
 * Applies what is pending, each migration in its own transaction under one lock. Any number of processes may do this
 * at once and any of them may be killed. Resolves with the names this process has applied.
 */
export async function applyMigrations(
  engine: Engine,
  migrations: readonly Migration[],
  options: MigrateOptions,
): Promise<string[]> {
  const applied: string[] = [];
  const pending = new Set(await findPending(engine, migrations));
  for (const migration of migrations.filter(({ name }) => pending.has(name))) {
    const done = await engine.exclusively(lockName, (query) => applyUnlessApplied(query, engine, migration, options));
    if (done) applied.push(migration.name);
  }
  // Also where nothing was pending: the role may be a new one, or the database restored without its rights.
  if (options.grant !== undefined) await engine.exclusively(lockName, options.grant);
  return applied;
}

async function applyUnlessApplied(
  query: Transaction<Tables>,
  engine: Engine,
  migration: Migration,
  { now, grant }: MigrateOptions,
): Promise<boolean> {
  await query.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute();
  // Another process may have applied it while this one waited for the lock.
  const known = await query.selectFrom('schema_migrations').select('name').where('name', '=', migration.name).execute();
  if (known.length > 0) return false;
  await migration.up(query, engine);
  await query.insertInto('schema_migrations').values({ name: migration.name, applied_at: now() }).execute();
  await grant?.(query);
  return true;
}

async function readApplied(engine: Engine): Promise<Set<string>> {
  if (!(await engine.hasTable('schema_migrations'))) return new Set();
  const rows = await engine.read.selectFrom('schema_migrations').select('name').execute();
  return new Set(rows.map(({ name }) => name));
}
