// How the keys move: standby → current → previous → revoked. At each moment one signs, and one waits, already published.
import type { Tx } from '../../database/open.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { makeKey, openKey, resealKey } from './key-material.ts';
import { insertKey, listKeys, noteSecret, updateKey } from './store.ts';
import type { SigningKeyRow } from './store.ts';

/** The longest an access token can live (15 min), its leeway, and time for every replica to learn of the rotation. */
const PREVIOUS_KEY_MS = (15 + 1 + 4) * 60 * 1000;

/** Whether everything that a replaced key signed has expired. */
export const hasRunOut = ({ state, retired_at }: SigningKeyRow, now: number): boolean =>
  state === 'previous' && (retired_at ?? 0) + PREVIOUS_KEY_MS <= now;

export interface RotationParts {
  secrets: SecretRing;
  audit: Audit;
  now: () => number;
  /** How the operator's command is called. */
  command: string;
}

export const KEYS_TOPIC = 'signing-keys';
const lockKeys = (tx: Tx): Promise<void> => tx.lock(KEYS_TOPIC);

/** Thrown where APP_SECRET is not the one that this database was made with. */
export class UnknownSecretError extends Error {
  override readonly name = 'UnknownSecretError';
  constructor(command: string) {
    super(
      `APP_SECRET is not the one this database was made with. Put the earlier one into APP_SECRET_PREVIOUS; or, if it is lost, run "${command} keys reset": everyone has to sign in again.`,
    );
  }
}

async function add(tx: Tx, parts: RotationParts, state: 'standby' | 'current', actor: Actor): Promise<SigningKeyRow> {
  const row = makeKey(parts.secrets, state, parts.now());
  await insertKey(tx.query, row);
  await parts.audit.record(tx, {
    name: 'signing_key_created',
    actor,
    target: { type: 'signing-key', id: row.kid },
    details: { state },
  });
  await tx.publish(KEYS_TOPIC);
  return row;
}

async function activate(tx: Tx, parts: RotationParts, row: SigningKeyRow): Promise<void> {
  await updateKey(tx.query, row.kid, { state: 'current', activated_at: parts.now() });
}

/** An operator's change of the secret is worth an event; the first start is none. */
async function recordNewSecret(tx: Tx, { secrets, audit, now }: RotationParts, actor: Actor): Promise<void> {
  const others = await noteSecret(tx.query, secrets.currentId, now());
  if (others === undefined || others === 0) return;
  await audit.record(tx, { name: 'app_secret_changed', actor, details: { after: { secretId: secrets.currentId } } });
}

/**
 * After it, one key is current, one standby, and all that can still sign or verify are sealed under the current secret.
 * @throws UnknownSecretError
 */
export async function ensureKeys(
  tx: Tx,
  parts: RotationParts,
): Promise<{ current: SigningKeyRow; standby: SigningKeyRow }> {
  await lockKeys(tx);
  const rows = (await listKeys(tx.query)).filter((row) => row.state !== 'revoked');
  for (const row of rows) {
    const pem = openKey(parts.secrets, row);
    if (pem === undefined) throw new UnknownSecretError(parts.command);
    if (row.secret_id !== parts.secrets.currentId) await updateKey(tx.query, row.kid, resealKey(parts.secrets, pem));
  }
  const system: Actor = { type: 'system' };
  await recordNewSecret(tx, parts, system);
  return {
    current: rows.find((row) => row.state === 'current') ?? (await add(tx, parts, 'current', system)),
    standby: rows.find((row) => row.state === 'standby') ?? (await add(tx, parts, 'standby', system)),
  };
}

/** Nobody is signed out: what the former key signed is verified until it has run out. */
export async function rotateKeys(tx: Tx, parts: RotationParts, actor: Actor): Promise<string> {
  // An operator whose APP_SECRET is not the servers' would leave a standby key that no server can open.
  const { current, standby } = await ensureKeys(tx, parts);
  const now = parts.now();
  const ranOut = (await listKeys(tx.query)).filter((row) => hasRunOut(row, now)).map((row) => row.kid);
  for (const kid of ranOut) await updateKey(tx.query, kid, { state: 'revoked', revoked_at: now });
  await updateKey(tx.query, current.kid, { state: 'previous', retired_at: now });
  await activate(tx, parts, standby);
  await add(tx, parts, 'standby', actor);
  await parts.audit.record(tx, {
    name: 'signing_key_rotated',
    actor,
    target: { type: 'signing-key', id: standby.kid },
    details: { before: { current: current.kid }, after: { current: standby.kid }, ranOut },
  });
  return standby.kid;
}

/** At once: every token that the key signed is worthless. Sessions go on; their next refresh is signed by another key. */
export async function revokeKeys(
  tx: Tx,
  parts: RotationParts,
  which: (row: SigningKeyRow) => boolean,
  actor: Actor,
): Promise<string[]> {
  await lockKeys(tx);
  const rows = await listKeys(tx.query);
  const revoked = rows.filter((row) => row.state !== 'revoked' && which(row));
  for (const row of revoked) {
    await updateKey(tx.query, row.kid, { state: 'revoked', revoked_at: parts.now() });
    await parts.audit.record(tx, { name: 'signing_key_revoked', actor, target: { type: 'signing-key', id: row.kid } });
  }
  if (revoked.some((row) => row.state === 'current')) {
    const next = rows.find((row) => row.state === 'standby' && !revoked.includes(row));
    if (next !== undefined) await activate(tx, parts, next);
  }
  if (revoked.length > 0) {
    await ensureKeys(tx, parts);
    await tx.publish(KEYS_TOPIC);
  }
  return revoked.map((row) => row.kid);
}
