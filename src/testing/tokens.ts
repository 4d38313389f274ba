/** Access tokens made by hand, as an attacker makes them. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { TestApplication } from './start-application.ts';

export type Json = Record<string, unknown>;

export const encode = (value: Json | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export const decode = (segment: string): Json => JSON.parse(Buffer.from(segment, 'base64url').toString()) as Json;

const dot = (...segments: string[]): string => segments.join('.');

/** Signed by ES256, whatever header and payload say. */
export function signToken(header: Json | string, payload: Json | string, key: KeyObject): string {
  const signed = dot(encode(header), encode(payload));
  return dot(signed, sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url'));
}

/** Signed by HMAC: with the public key as its secret, the classic confusion of algorithms. */
export function signByHmac(header: Json, payload: Json, secret: string | Buffer): string {
  const signed = dot(encode(header), encode(payload));
  return dot(signed, createHmac('sha256', secret).update(signed).digest('base64url'));
}

export const strangersKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Signs what the server would never sign, with the server's own key: only the claims or the header are wrong. */
export function createForge(app: TestApplication, accessToken: string) {
  const [head = '', body = '', signature = ''] = accessToken.split('.');
  const { privateKey } = app.signingKeys.current();
  return {
    header: decode(head),
    payload: decode(body),
    segments: [head, body, signature] as const,
    /** `undefined` takes a member away. */
    token: (header: Json = {}, payload: Json = {}): string =>
      signToken({ ...decode(head), ...header }, { ...decode(body), ...payload }, privateKey),
    tokenOf: (header: Json | string, payload: Json | string): string => signToken(header, payload, privateKey),
  };
}
