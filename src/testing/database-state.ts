/** Everything that is stored, to show that a refused request has changed nothing. */
import { tableNames } from '../database/schema.ts';
import type { TestApplication } from './start-application.ts';

/** All rows of all tables, in a fixed order. There is no list here that a new table could be missing from. */
export async function databaseState(app: Pick<TestApplication, 'database'>): Promise<Record<string, string[]>> {
  const state: Record<string, string[]> = {};
  for (const table of tableNames) {
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
