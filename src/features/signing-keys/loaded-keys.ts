// The keys as this process has read them, ready for use, and read again as soon as they may have changed.
import type { KeyObject } from 'node:crypto';
import { Problem } from '#contract/problem.ts';
import type { PublicJwk } from '#contract/signing-keys.ts';
import type { Database } from '../../database/open.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import { jwkOf, openKey, privateKeyOf, publicKeyOf } from './key-material.ts';
import { hasRunOut, KEYS_TOPIC } from './rotation.ts';
import { listKeys } from './store.ts';
import type { SigningKeyRow } from './store.ts';

export interface LoadedKeys {
  load(): Promise<void>;
  /**
   * Call before the others: resolves once the keys are as fresh as the database's; undefined where they are, at no cost.
   * @param feedIsLive what `changes.check()` has just said; asked here where it is left out
   */
  refresh(feedIsLive?: boolean): Promise<void> | undefined;
  /** @throws Problem `unavailable` */
  current(): { kid: string; privateKey: KeyObject };
  find(kid: string): KeyObject | undefined;
  /** RFC 7517: standby, current, and previous ones whose tokens have not run out. */
  jwks(): PublicJwk[];
}

interface Loaded {
  /** Absent where another release has sealed it under a secret that this one does not know: it still verifies. */
  current: { kid: string; privateKey: KeyObject } | undefined;
  byKid: ReadonlyMap<string, { row: SigningKeyRow; jwk: PublicJwk; key: KeyObject }>;
}

interface Parts {
  database: Database;
  secrets: SecretRing;
  now: () => number;
}

function createReading({ database, secrets }: Parts, verifies: (row: SigningKeyRow) => boolean) {
  let loaded: Loaded | undefined;

  function openCurrent(row: SigningKeyRow | undefined): Loaded['current'] {
    // A key never changes under its id, and it may have been sealed anew under a secret of the next release.
    if (row === undefined || row.kid === loaded?.current?.kid) return row && loaded?.current;
    const pem = openKey(secrets, row);
    return pem === undefined ? undefined : { kid: row.kid, privateKey: privateKeyOf(pem) };
  }

  return {
    async read(): Promise<void> {
      const rows = (await listKeys(database.read)).filter(verifies);
      const byKid = new Map(rows.map((row) => [row.kid, { row, jwk: jwkOf(row), key: publicKeyOf(jwkOf(row)) }]));
      loaded = { current: openCurrent(rows.find((row) => row.state === 'current')), byKid };
    },
    isDone: () => loaded !== undefined,
    use(): Loaded {
      if (loaded !== undefined) return loaded;
      throw new Problem('unavailable', { detail: 'The server is starting.', retryAfterSeconds: 2 });
    },
  };
}

export function createLoadedKeys(parts: Parts): LoadedKeys {
  const { database, now } = parts;
  const verifies = (row: SigningKeyRow): boolean => row.state !== 'revoked' && !hasRunOut(row, now());
  const reading = createReading(parts, verifies);
  let loading: Promise<void> | undefined;
  /** Grows with every change: what began to be read before one is not good enough after it. */
  let changes = 0;
  let loadedChanges = -1;

  database.changes.subscribe((topic) => {
    if (topic === KEYS_TOPIC || topic === '*') changes += 1;
  });

  async function load(): Promise<void> {
    const began = changes;
    await reading.read();
    loadedChanges = began;
  }

  async function catchUp(): Promise<void> {
    const wanted = changes;
    while (loadedChanges < wanted) {
      loading ??= load().finally(() => {
        loading = undefined;
      });
      await loading;
    }
  }

  return {
    load,
    refresh(feedIsLive = database.changes.check()) {
      // Before the start there is nothing to refresh; `use` says so.
      if (!reading.isDone()) return undefined;
      // While the feed may miss a change, nothing that was read before this moment counts.
      if (!feedIsLive) changes += 1;
      return loadedChanges < changes ? catchUp() : undefined;
    },
    current() {
      const { current } = reading.use();
      if (current !== undefined) return current;
      const reason = 'the current signing key is sealed under an unknown APP_SECRET';
      throw new Problem('unavailable', { detail: 'Nobody can sign in here now.', retryAfterSeconds: 10, reason });
    },
    find(kid) {
      const found = reading.use().byKid.get(kid);
      return found !== undefined && verifies(found.row) ? found.key : undefined;
    },
    jwks: () => [...reading.use().byKid.values()].filter(({ row }) => verifies(row)).map(({ jwk }) => jwk),
  };
}
