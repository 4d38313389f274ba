// The keys that sign access tokens: made by the server, kept sealed in the database, known to every replica at once.
export { createSigningKeys } from './keyring.ts';
export type { SigningKeys } from './keyring.ts';
export { UnknownSecretError } from './rotation.ts';
