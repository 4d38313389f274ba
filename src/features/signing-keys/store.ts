import type { Kysely, Selectable } from 'kysely';
import type { Tables } from '../../database/open.ts';

export type SigningKeyRow = Selectable<Tables['signing_keys']>;

type Query = Kysely<Tables>;

export async function listKeys(query: Query): Promise<SigningKeyRow[]> {
  return await query.selectFrom('signing_keys').selectAll().orderBy('created_at').orderBy('kid').execute();
}

/** Resolves with how many other secrets the database has met, or undefined where it knew this one. */
export async function noteSecret(query: Query, secretId: string, now: number): Promise<number | undefined> {
  const known = await query.selectFrom('app_secrets_seen').select('secret_id').execute();
  if (known.some((row) => row.secret_id === secretId)) return undefined;
  await query.insertInto('app_secrets_seen').values({ secret_id: secretId, first_seen_at: now }).execute();
  return known.length;
}

export async function insertKey(query: Query, row: SigningKeyRow): Promise<void> {
  await query.insertInto('signing_keys').values(row).execute();
}

export async function updateKey(query: Query, kid: string, change: Partial<Omit<SigningKeyRow, 'kid'>>): Promise<void> {
  await query.updateTable('signing_keys').set(change).where('kid', '=', kid).execute();
}
