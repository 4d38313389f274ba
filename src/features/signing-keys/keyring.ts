import type { Database } from '../../database/open.ts';
import type { Actor } from '../audit/index.ts';
import type { Feature } from '../feature.ts';
import { createLoadedKeys } from './loaded-keys.ts';
import type { LoadedKeys } from './loaded-keys.ts';
import { ensureKeys, revokeKeys, rotateKeys } from './rotation.ts';
import type { RotationParts } from './rotation.ts';
import { createSigningKeyRoutes } from './routes.ts';
import { listKeys } from './store.ts';
import type { SigningKeyRow } from './store.ts';

export interface SigningKeys extends Feature, Omit<LoadedKeys, 'load'> {
  list(): Promise<Pick<SigningKeyRow, 'kid' | 'state' | 'created_at' | 'retired_at'>[]>;
  rotate(actor: Actor): Promise<string>;
  /** Resolves with the ids of those that were revoked: none where the id is not known. */
  revoke(kid: string, actor: Actor): Promise<string[]>;
  /** Revokes every key and makes new ones: for a lost APP_SECRET. */
  reset(actor: Actor): Promise<string[]>;
}

interface Parts extends RotationParts {
  database: Database;
}

export function createSigningKeys(parts: Parts): SigningKeys {
  const { database } = parts;
  const { load, ...loaded } = createLoadedKeys(parts);
  return {
    ...loaded,
    routes: createSigningKeyRoutes(loaded),
    /** Makes what is missing and loads the keys. */
    async prepare() {
      await database.transaction((tx) => ensureKeys(tx, parts));
      await load();
    },
    list: () => listKeys(database.read),
    rotate: (actor) => database.transaction((tx) => rotateKeys(tx, parts, actor)),
    revoke: (kid, actor) => database.transaction((tx) => revokeKeys(tx, parts, (row) => row.kid === kid, actor)),
    reset: (actor) => database.transaction((tx) => revokeKeys(tx, parts, () => true, actor)),
  };
}
