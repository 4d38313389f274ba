/** Everything that is stored, to show that a refused request has changed nothing. */
import type { TestApplication } from './start-application.ts';

const TABLES = [
  'users',
  'user_roles',
  'sessions',
  'signing_keys',
  'security_events',
  'setup_secrets',
  'log_in_lanes',
] as const;

/** All rows of all tables, in a fixed order. */
export async function databaseState(app: Pick<TestApplication, 'database'>): Promise<Record<string, string[]>> {
  const state: Record<string, string[]> = {};
  for (const table of TABLES) {
    const rows = await app.database.read.selectFrom(table).selectAll().execute();
    state[table] = rows.map((row) => JSON.stringify(row)).toSorted();
  }
  return state;
}

/** The same as one text: to be searched for what must not be in it. */
export async function storedText(app: Pick<TestApplication, 'database'>): Promise<string> {
  return Object.values(await databaseState(app))
    .flat()
    .join('\n');
}
