/** What the database itself says about its tables. */
import type { Kysely } from 'kysely';
import type { Tables } from '../database/schema.ts';

const kinds: Record<string, string> = {
  text: 'text',
  bigint: 'integer',
  integer: 'integer',
  int8: 'integer',
  int4: 'integer',
};

/** `table.column` → `text`, `integer`, each with ` null` where NULL is allowed. */
export async function columnsOf(read: Kysely<Tables>): Promise<Record<string, string>> {
  const tables = await read.introspection.getTables();
  return Object.fromEntries(
    tables.flatMap((table) =>
      table.columns.map(({ name, dataType, isNullable }) => [
        `${table.name}.${name}`,
        (kinds[dataType.toLowerCase()] ?? dataType) + (isNullable ? ' null' : ''),
      ]),
    ),
  );
}
