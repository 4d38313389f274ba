import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/**
 * SQLite: triggers that refuse DELETE, and UPDATE of anything but `fillOnce`, which go from all NULL to all filled.
 * `UPDATE OF` needs every column by name, so a migration that adds one must make the triggers anew.
 */
export async function appendOnlySqlite(
  query: Transaction<Tables>,
  table: string,
  fillOnce: readonly string[],
): Promise<void> {
  const found = await sql<{ name: string }>`select name from pragma_table_info(${table})`.execute(query);
  const frozen = found.rows.map(({ name }) => name).filter((name) => !fillOnce.includes(name));
  const filled = fillOnce.map((name) => `old.${name} is null and new.${name} is not null`).join(' and ');
  const refuse = `begin select raise(abort, '${table} is append-only'); end`;
  for (const [name, when] of [
    ['delete', `before delete on ${table}`],
    ['update', `before update of ${frozen.join(', ')} on ${table}`],
    ['refill', `before update of ${fillOnce.join(', ')} on ${table} when not (${filled})`],
  ]) {
    await sql.raw(`drop trigger if exists ${table}_no_${name}`).execute(query);
    await sql.raw(`create trigger ${table}_no_${name} ${when} ${refuse}`).execute(query);
  }
}

/** PostgreSQL: the same by one trigger function that compares whole rows, and TRUNCATE is refused too. */
export async function appendOnlyPostgres(
  query: Transaction<Tables>,
  table: string,
  fillOnce: readonly string[],
): Promise<void> {
  const filled = fillOnce.map((name) => `old.${name} is null and new.${name} is not null`).join(' and ');
  const others = `array[${fillOnce.map((name) => `'${name}'`).join(', ')}]`;
  const name = `${table}_append_only`;
  await sql
    .raw(
      `create or replace function ${name}() returns trigger language plpgsql as $$
       begin
         if tg_op = 'UPDATE' then
           if ${filled} and to_jsonb(new) - ${others} = to_jsonb(old) - ${others} then
             return new;
           end if;
         end if;
         raise exception '${table} is append-only' using errcode = 'restrict_violation';
       end $$`,
    )
    .execute(query);
  for (const [suffix, when, each] of [
    ['row', 'before update or delete', 'row'],
    ['truncate', 'before truncate', 'statement'],
  ]) {
    await sql.raw(`drop trigger if exists ${name}_${suffix} on ${table}`).execute(query);
    await sql
      .raw(`create trigger ${name}_${suffix} ${when} on ${table} for each ${each} execute function ${name}()`)
      .execute(query);
  }
}
