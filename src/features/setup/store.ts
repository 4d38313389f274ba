import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Tables } from '../../database/open.ts';

type SetupSecretRow = Selectable<Tables['setup_secrets']>;
export type SetupPurpose = SetupSecretRow['purpose'];

type Query = Kysely<Tables>;

export async function deleteSecrets(query: Query): Promise<void> {
  await query.deleteFrom('setup_secrets').execute();
}

export async function insertSecret(query: Query, row: Insertable<Tables['setup_secrets']>): Promise<void> {
  await query.insertInto('setup_secrets').values(row).execute();
}

export async function findUsableSecret(
  query: Query,
  secretHash: string,
  now: number,
): Promise<SetupSecretRow | undefined> {
  return await query
    .selectFrom('setup_secrets')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
}

export async function hasUsableSecret(query: Query, now: number): Promise<boolean> {
  const usable = query
    .selectFrom('setup_secrets')
    .select('id')
    .where('used_at', 'is', null)
    .where('expires_at', '>', now);
  return (await usable.executeTakeFirst()) !== undefined;
}

/** One conditional statement: of any number of parallel calls, one gets the row. */
export async function consumeSecret(
  query: Query,
  secretHash: string,
  now: number,
): Promise<SetupSecretRow | undefined> {
  return await query
    .updateTable('setup_secrets')
    .set({ used_at: now })
    .where('secret_hash', '=', secretHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst();
}
