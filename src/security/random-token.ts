import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Unguessable text from the system's generator, in base64url without padding; 32 bytes are 256 bits of strength. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** For what is random already (tokens, keys): a fast hash is enough. Never for passwords. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Compares in constant time, also texts of unequal length: both are hashed first, so not even the length leaks. */
export function timingSafeEqualText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

// UTF-16, since UTF-8 writes every lone surrogate as the same three bytes: different texts would be equal.
function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf16le').digest();
}
