import type { Kysely, Selectable } from 'kysely';
import type { Tables } from '../../database/open.ts';

export type SigningKeyRow = Selectable<Tables['signing_keys']>;

type Query = Kysely<Tables>;

export async function listKeys(query: Query): Promise<SigningKeyRow[]> {
  return await query.selectFrom('signing_keys').selectAll().orderBy('created_at').orderBy('kid').execute();
}

export async function insertKey(query: Query, row: SigningKeyRow): Promise<void> {
  await query.insertInto('signing_keys').values(row).execute();
}

export async function updateKey(query: Query, kid: string, change: Partial<Omit<SigningKeyRow, 'kid'>>): Promise<void> {
  await query.updateTable('signing_keys').set(change).where('kid', '=', kid).execute();
}
