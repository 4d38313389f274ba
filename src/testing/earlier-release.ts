/** What an earlier release has left behind: rows in a database, and what people and programs were given then. */
import { readFileSync } from 'node:fs';
import type { Selectable } from 'kysely';
import type { Config } from '../config/index.ts';
import type { Tables } from '../database/open.ts';
import { createFrozenClock } from './personas.ts';
import type { ApplicationKit, TestApplication } from './start-application.ts';

type TableName = keyof Tables;

interface EarlierRelease {
  publicUrl: string;
  /** When all of it was written; milliseconds since 1970. */
  writtenAt: number;
  appSecret: string;
  accessToken: string;
  refreshToken: string;
  /** The direct predecessor of `refreshToken`. */
  refreshTokenBefore: string;
  /** `Cookie` headers. */
  sessionCookie: string;
  deviceCookie: string;
  operatorToken: string;
  setupSecret: string;
  rows: { [T in TableName]?: Selectable<Tables[T]>[] };
}

export const release010 = JSON.parse(
  readFileSync(new URL('./fixtures/release-0.1.0.json', import.meta.url), 'utf8'),
) as EarlierRelease;

/** The row of that release that `is` finds. */
export function rowOf<T extends TableName>(
  table: T,
  is: (row: Selectable<Tables[T]>) => boolean,
): Selectable<Tables[T]> {
  const found = release010.rows[table]?.find(is);
  if (found === undefined) throw new Error(`release 0.1.0 left no such row in ${table}`);
  return found;
}

/** This release, started on that one's rows at the instant they were written. */
export async function startOnRelease010(
  start: ApplicationKit['start'],
  config: Partial<Config> = {},
): Promise<TestApplication> {
  const { publicUrl, appSecret, writtenAt, rows } = release010;
  const clock = createFrozenClock(writtenAt);
  const app = await start({ clock, prepare: false, config: { publicUrl, appSecret, ...config } });
  await app.database.transaction(async ({ query }) => {
    for (const [table, values] of Object.entries(rows))
      await query
        .insertInto(table as TableName)
        .values(values)
        .execute();
  });
  await app.prepare();
  return app;
}
