import type { KeyObject } from 'node:crypto';
import { Problem } from '#contract/problem.ts';
import type { PublicJwk } from '#contract/signing-keys.ts';
import type { Database } from '../../database/open.ts';
import type { Actor } from '../audit/index.ts';
import { jwkOf, openKey, privateKeyOf, publicKeyOf } from './key-material.ts';
import { ensureKeys, KEYS_TOPIC, PREVIOUS_KEY_MS, revokeKeys, rotateKeys } from './rotation.ts';
import type { RotationParts } from './rotation.ts';
import { listKeys } from './store.ts';
import type { SigningKeyRow } from './store.ts';

export interface SigningKeys {
  /** Makes what is missing and loads the keys. Once, before anything is signed. */
  start(): Promise<void>;
  /** Resolves once the keys are as fresh as the change feed says; undefined where they are, at no cost. */
  refresh(): Promise<void> | undefined;
  current(): { kid: string; privateKey: KeyObject };
  find(kid: string): KeyObject | undefined;
  /** RFC 7517: standby, current, and previous ones whose tokens have not run out. */
  jwks(): PublicJwk[];
  list(): Promise<Pick<SigningKeyRow, 'kid' | 'state' | 'created_at' | 'retired_at'>[]>;
  rotate(actor: Actor): Promise<string>;
  /** Resolves with the ids of those that were revoked: none where the id is not known. */
  revoke(kid: string, actor: Actor): Promise<string[]>;
  /** Revokes every key and makes new ones: for a lost APP_SECRET. */
  reset(actor: Actor): Promise<string[]>;
}

interface Loaded {
  current: { kid: string; privateKey: KeyObject };
  byKid: ReadonlyMap<string, { jwk: PublicJwk; key: KeyObject }>;
}

interface Parts extends RotationParts {
  database: Database;
}

export function createSigningKeys(parts: Parts): SigningKeys {
  const { database, secrets, now } = parts;
  let loaded: Loaded | undefined;
  let stale = true;
  let loading: Promise<void> | undefined;

  database.changes.subscribe((topic) => {
    if (topic === KEYS_TOPIC || topic === '*') stale = true;
  });

  const verifies = (row: SigningKeyRow): boolean =>
    row.state === 'previous' ? (row.retired_at ?? 0) + PREVIOUS_KEY_MS > now() : row.state !== 'revoked';

  async function load(): Promise<void> {
    stale = false;
    try {
      const rows = (await listKeys(database.read)).filter(verifies);
      const current = rows.find((row) => row.state === 'current');
      const pem = current === undefined ? undefined : openKey(secrets, current);
      if (current === undefined || pem === undefined) throw new Error('no signing key can be opened');
      const byKid = new Map(rows.map((row) => [row.kid, { jwk: jwkOf(row), key: publicKeyOf(jwkOf(row)) }]));
      loaded = { current: { kid: current.kid, privateKey: privateKeyOf(pem) }, byKid };
    } catch (error) {
      stale = true;
      throw error;
    } finally {
      loading = undefined;
    }
  }

  function use(): Loaded {
    if (loaded === undefined)
      throw new Problem('unavailable', { detail: 'The server is starting.', retryAfterSeconds: 2 });
    return loaded;
  }

  return {
    async start() {
      await database.transaction((tx) => ensureKeys(tx, parts));
      await load();
    },
    refresh() {
      // Before the start there is nothing to refresh; `use` says so.
      if (stale && loaded !== undefined) loading ??= load();
      return loading;
    },
    current: () => use().current,
    find: (kid) => use().byKid.get(kid)?.key,
    jwks: () => [...use().byKid.values()].map(({ jwk }) => jwk),
    list: () => listKeys(database.read),
    rotate: (actor) => database.transaction((tx) => rotateKeys(tx, parts, actor)),
    revoke: (kid, actor) => database.transaction((tx) => revokeKeys(tx, parts, (row) => row.kid === kid, actor)),
    reset: (actor) => database.transaction((tx) => revokeKeys(tx, parts, () => true, actor)),
  };
}
