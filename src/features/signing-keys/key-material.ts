// One ES256 key pair: made here, kept sealed, and turned into KeyObjects once (a raw PEM at each call is six times slower).
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { PublicJwk } from '#contract/signing-keys.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import { randomToken } from '../../security/random-token.ts';
import type { SigningKeyRow } from './store.ts';

const PURPOSE = 'signing-key';

export function makeKey(secrets: SecretRing, state: 'standby' | 'current', now: number): SigningKeyRow {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  // Never begins with a hyphen: it is an argument at the command line.
  const kid = `k${randomToken(12)}`;
  const jwk: PublicJwk = { kid, kty: 'EC', crv: 'P-256', x, y, alg: 'ES256', use: 'sig' };
  const { secretId, sealed } = secrets.seal(PURPOSE, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  return {
    kid,
    state,
    public_jwk: JSON.stringify(jwk),
    private_key_sealed: sealed,
    secret_id: secretId,
    created_at: now,
    activated_at: state === 'current' ? now : null,
    retired_at: null,
    revoked_at: null,
  };
}

/** The private key as PEM, or undefined where no known secret opens it. */
export function openKey(secrets: SecretRing, row: SigningKeyRow): string | undefined {
  return secrets.open(PURPOSE, { secretId: row.secret_id, sealed: row.private_key_sealed });
}

/** Sealed anew under the current secret. */
export function resealKey(secrets: SecretRing, pem: string): Pick<SigningKeyRow, 'private_key_sealed' | 'secret_id'> {
  const { secretId, sealed } = secrets.seal(PURPOSE, pem);
  return { private_key_sealed: sealed, secret_id: secretId };
}

export const privateKeyOf = (pem: string): KeyObject => createPrivateKey(pem);

export const jwkOf = (row: SigningKeyRow): PublicJwk => JSON.parse(row.public_jwk) as PublicJwk;

export const publicKeyOf = (jwk: PublicJwk): KeyObject => createPublicKey({ key: { ...jwk }, format: 'jwk' });
