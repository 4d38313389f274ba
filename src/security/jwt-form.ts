import { isUtf8 } from 'node:buffer';
import { findJsonFault } from './json-guard.ts';

export type StrictJwt = { header: Record<string, unknown>; payload: Record<string, unknown> };

const LARGEST_TOKEN = 8 * 1024;
const DEPTH = 4;
const SIGNATURE_BYTES = 64; // ES256: r and s of 32 bytes each (RFC 7518 3.4)

/**
 * Header and payload of a compact JWS in its one spelling, or undefined (RFC 7515 section 2, JW-08).
 * Decoders skip padding, line feeds, foreign characters and spare bits, so that one token has many spellings: a cache or
 * a list of revoked ones, kept by the token's text, would miss all but one.
 */
export function readStrictJwt(token: string): StrictJwt | undefined {
  if (token.length > LARGEST_TOKEN) return undefined;
  const segments = token.split('.', 4).map(decodeCanonical);
  const [headerBytes, payloadBytes, signature] = segments;
  if (segments.length !== 3 || signature?.length !== SIGNATURE_BYTES) return undefined;
  const header = headerBytes && readObject(headerBytes);
  const payload = payloadBytes && readObject(payloadBytes);
  return header && payload && { header, payload };
}

function decodeCanonical(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : undefined;
}

function readObject(bytes: Buffer): Record<string, unknown> | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  if (findJsonFault(text, { depth: DEPTH }) !== undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
