import pg from 'pg';
import { sql, type Transaction } from 'kysely';
import { allRights, tableNames, tableRights, type Tables } from './schema.ts';

/** Its message is for the operator. */
export class GrantError extends Error {
  override readonly name = 'GrantError';
}

interface Situation {
  owner: string;
  schema: string;
  isKnown: boolean;
  tables: (keyof Tables)[];
}

/**
 * Lets the role that the URL names read and write the tables there are, as `tableRights` says, and takes from it what was
 * more. Nothing to do where it is the role of this very connection. A table of a later release keeps what that release
 * granted.
 * @returns what it may do beyond that, which cannot be taken from it here: it comes from another role, or from everybody
 * @throws GrantError where the role does not exist, or this one may not grant
 */
export async function grantPostgres(query: Transaction<Tables>, url: string): Promise<string[]> {
  const role = new pg.Client({ connectionString: url }).user ?? '';
  const situation = await readSituation(query, role);
  if (situation.owner === role) return [];
  if (!situation.isKnown)
    throw new GrantError(
      `DATABASE_URL names the role "${role}", which PostgreSQL does not know. Create it (it needs no more than LOGIN, a password and CONNECT), then migrate again.`,
    );
  try {
    await setRights(query, role, situation);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw cannotGrant(role, situation, error.message, error);
  }
  const found = await findDeviations(query, role, situation);
  const missing = found.filter(({ wanted }) => wanted);
  if (missing.length > 0) throw cannotGrant(role, situation, `lacking: ${describe(missing)}`);
  return found.length === 0 ? [] : [describe(found)];
}

async function readSituation(query: Transaction<Tables>, role: string): Promise<Situation> {
  const { rows: found } = await sql<Situation>`
    select current_user as owner, current_schema() as schema,
           exists (select from pg_roles where rolname = ${role}) as "isKnown",
           array(select tablename::text from pg_tables
                  where schemaname = current_schema() and tablename::text = any(${tableNames}::text[])) as tables`.execute(
    query,
  );
  if (found[0] === undefined) throw new Error('PostgreSQL gave no row');
  return found[0];
}

async function setRights(query: Transaction<Tables>, role: string, { schema, tables }: Situation): Promise<void> {
  const to = sql.id(role);
  await sql`revoke create on schema ${sql.id(schema)} from ${to}`.execute(query);
  await sql`grant usage on schema ${sql.id(schema)} to ${to}`.execute(query);
  for (const table of tables) {
    const on = sql.id(schema, table);
    // One transaction: a running server does not notice.
    await sql`revoke all on ${on} from ${to}`.execute(query);
    await sql`grant ${sql.raw(tableRights[table].join(', '))} on ${on} to ${to}`.execute(query);
  }
}

interface Deviation {
  object: string;
  privilege: string;
  wanted: boolean;
}

/** The first ones: of a superuser, or somebody else's tables, it would be all of them. */
function describe(deviations: readonly Deviation[]): string {
  const named = deviations.slice(0, 4).map(({ privilege, object }) => `${privilege} on ${object}`);
  const more = deviations.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** A GRANT by somebody who may not grant is often no error but a warning, so look at what is. */
async function findDeviations(
  query: Transaction<Tables>,
  role: string,
  { schema, tables }: Situation,
): Promise<Deviation[]> {
  const wanted = tables.flatMap((table) =>
    allRights.map((privilege) => ({ table, privilege, wanted: tableRights[table].includes(privilege) })),
  );
  const { rows: found } = await sql<Deviation>`
    select object, privilege, wanted
      from unnest(${wanted.map(({ table }) => table)}::text[], ${wanted.map(({ privilege }) => privilege)}::text[],
                  ${wanted.map((entry) => entry.wanted)}::boolean[]) as t (object, privilege, wanted)
     where has_table_privilege(${role}, format('%I.%I', ${schema}::text, object), privilege) <> wanted
    union all
    select 'the schema ' || ${schema}, privilege, wanted from (values ('USAGE', true), ('CREATE', false)) as s (privilege, wanted)
     where has_schema_privilege(${role}, ${schema}, privilege) <> wanted`.execute(query);
  return found;
}

/** SQLSTATE insufficient_privilege. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === '42501';
}

function cannotGrant(role: string, { owner }: Situation, reason: string, cause?: unknown): GrantError {
  return new GrantError(
    `the role "${owner}" of DATABASE_MIGRATION_URL cannot give the role "${role}" what the server needs (${reason}). It must own the tables and the schema: as a superuser, run REASSIGN OWNED BY the role that does TO "${owner}", then migrate again.`,
    { cause },
  );
}
