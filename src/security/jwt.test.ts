import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { describe, expect, it, vi } from 'vitest';
import { type AccessTokenClaims, readTokenHeader, signAccessToken, verifyAccessToken } from './jwt.ts';
import { anyText } from '../testing/any-text.ts';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NOW = 1_800_000_000;
const KID = 'key-1';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const CLAIMS: AccessTokenClaims = {
  iss: 'https://gate.example',
  aud: 'https://gate.example',
  sub: '0191d2a0-7b5c-7000-8000-0123456789ab',
  sid: '0191d2a0-7b5c-7000-8000-0123456789ac',
  jti: 'c2Vzc2lvbg',
  iat: NOW,
  exp: NOW + 300,
  roles: ['user', 'beta-tester'],
};
const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: KID };
const TOKEN = signAccessToken(CLAIMS, { kid: KID, privateKey });

function verify(
  token: string,
  changes: { nowSeconds?: number; findKey?: (kid: string) => KeyObject | undefined } = {},
) {
  const findKey = (kid: string) => new Map([[KID, publicKey]]).get(kid);
  return verifyAccessToken(token, {
    findKey,
    issuer: CLAIMS.iss,
    audience: CLAIMS.aud,
    nowSeconds: NOW + 1,
    ...changes,
  });
}

function encode(text: string | Uint8Array): string {
  return Buffer.from(text).toString('base64url');
}

/** Signs any texts with the real key: what an attacker could do with a lenient signer, to test the reader alone. */
function signRaw(header: string, payload: string | Uint8Array, key = privateKey): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${encode(sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }))}`;
}

function signClaims(claims: Record<string, unknown>): string {
  return signRaw(JSON.stringify(HEADER), JSON.stringify(claims));
}

function signHeader(header: Record<string, unknown>): string {
  return signRaw(JSON.stringify(header), JSON.stringify(CLAIMS));
}

describe('a good access token', () => {
  it('JW-05 is an ES256 at+jwt with a kid, and gives its claims back', () => {
    expect(jwt.decode(TOKEN, { complete: true })?.header).toEqual(HEADER);
    expect(verify(TOKEN)).toEqual(CLAIMS);
    expect(readTokenHeader(TOKEN)).toEqual({ kid: KID });
  });

  it('the raw signer of these tests makes good ones too', () => {
    expect(verify(signClaims(CLAIMS))).toEqual(CLAIMS);
  });

  it('JW-06 gives only the claims that are known', () => {
    expect(verify(signClaims({ ...CLAIMS, admin: true, nbf: NOW }))).toEqual(CLAIMS);
  });

  it('JW-11 a predecessor verifies by its own kid, and only by that', () => {
    const keys = new Map([
      ['old', other.publicKey],
      [KID, publicKey],
    ]);
    const findKey = (kid: string) => keys.get(kid);
    expect(verify(signAccessToken(CLAIMS, { kid: 'old', privateKey: other.privateKey }), { findKey })).toEqual(CLAIMS);
    expect(verify(signAccessToken(CLAIMS, { kid: 'old', privateKey }), { findKey })).toBeUndefined();
  });
});

describe('algorithm and key', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', 'HS256', 'ES384', 'es256', 'RS256', '', ' ES256', null, ['ES256']])(
    'JW-01 refuses alg %j, signed or not',
    (alg) => {
      const token = signHeader({ ...HEADER, alg });
      expect([verify(token), readTokenHeader(token)]).toEqual([undefined, undefined]);
      expect(verify(token.slice(0, token.lastIndexOf('.') + 1))).toBeUndefined();
    },
  );

  it('JW-01 refuses an HMAC under the public key as its secret', () => {
    const input = `${encode(JSON.stringify({ ...HEADER, alg: 'HS256' }))}.${encode(JSON.stringify(CLAIMS))}`;
    const secret = publicKey.export({ type: 'spki', format: 'pem' });
    expect(verify(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)).toBeUndefined();
  });

  it('JW-02 refuses a token of a stranger who brings his key along', () => {
    const jwk = other.publicKey.export({ format: 'jwk' });
    for (const extra of [{ jwk }, { jku: 'https://evil.example' }, { x5u: 'https://evil.example' }, { x5c: ['x'] }]) {
      expect(
        verify(signRaw(JSON.stringify({ ...HEADER, ...extra }), JSON.stringify(CLAIMS), other.privateKey)),
      ).toBeUndefined();
      expect(verify(signHeader({ ...HEADER, ...extra }))).toBeUndefined();
    }
  });

  it.each([{ crit: ['b64'], b64: false }, { crit: [] }, { b64: true }, { zip: 'DEF' }, { cty: 'JWT' }, { x: 1 }])(
    'JW-02 refuses a header with %j in it',
    (extra) => {
      expect(verify(signHeader({ ...HEADER, ...extra }))).toBeUndefined();
      expect(readTokenHeader(signHeader({ ...HEADER, ...extra }))).toBeUndefined();
    },
  );

  it.each([
    '../../dev/null',
    "' OR 1=1 --",
    'http://evil.example/key',
    '',
    'a'.repeat(65),
    'a\u0000',
    1,
    null,
    ['key-1'],
    {},
  ])('JW-02 never asks for the key of kid %j', (kid) => {
    const findKey = vi.fn(() => publicKey);
    expect(verify(signHeader({ ...HEADER, kid }), { findKey })).toBeUndefined();
    expect(findKey).not.toHaveBeenCalled();
  });

  it.each(['unknown', 'toString', 'hasOwnProperty'])('JW-02 refuses the unknown kid %s', (kid) => {
    expect(verify(signHeader({ ...HEADER, kid }))).toBeUndefined();
  });

  it('JW-01 a key of another kind is our fault and is not taken for a bad token', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    expect(() => verify(TOKEN, { findKey: () => rsa })).toThrow(/"rsa" key/);
  });

  it.each(['JWT', 'jwt', 'at+JWT', 'application/at+jwt', 'rt+jwt', '', undefined])('JW-05 refuses typ %j', (typ) => {
    expect(verify(signHeader({ ...HEADER, typ }))).toBeUndefined();
  });
});

describe('claims', () => {
  it.each([
    { exp: undefined },
    { exp: null },
    { exp: String(NOW + 300) },
    { exp: [NOW + 300] },
    { exp: NOW + 300.5 },
    { exp: 1e300 },
    { exp: NOW },
    { exp: 0 },
    { exp: -1 },
    { iat: undefined },
    { iat: String(NOW) },
    { iat: NOW + 120, nbf: NOW },
    { nbf: NOW + 120 },
    { nbf: String(NOW) },
    { nbf: null },
    { nbf: [] },
  ])('JW-04 refuses %j', (change) => {
    expect(verify(signClaims({ ...CLAIMS, ...change }))).toBeUndefined();
  });

  it('JW-04 is over at the second of exp, and may be 60 seconds young by our clock', () => {
    expect(verify(TOKEN, { nowSeconds: NOW + 299 })).toEqual(CLAIMS);
    expect(verify(TOKEN, { nowSeconds: NOW + 300 })).toBeUndefined();
    expect(verify(TOKEN, { nowSeconds: NOW - 60 })).toEqual(CLAIMS);
    expect(verify(TOKEN, { nowSeconds: NOW - 61 })).toBeUndefined();
    const late = signClaims({ ...CLAIMS, nbf: NOW + 10 });
    expect(verify(late, { nowSeconds: NOW - 50 })).toEqual(CLAIMS);
    expect(verify(late, { nowSeconds: NOW - 51 })).toBeUndefined();
  });

  it.each([
    { iss: 'https://evil.example' },
    { iss: 'https://gate.example/' },
    { iss: undefined },
    { aud: 'https://evil.example' },
    { aud: ['https://gate.example'] },
    { aud: ['https://evil.example', 'https://gate.example'] },
    { aud: undefined },
    { sub: undefined },
    { sub: '' },
    { sub: 7 },
    { sub: { id: 7 } },
    { sid: undefined },
    { sid: ['x'] },
    { jti: undefined },
    { roles: undefined },
    { roles: 'admin' },
    { roles: [['admin']] },
    { roles: { admin: true } },
  ])('JW-05 refuses %j', (change) => {
    expect(verify(signClaims({ ...CLAIMS, ...change }))).toBeUndefined();
  });
});

describe('form', () => {
  const [head = '', body = '', signature = ''] = TOKEN.split('.');
  const json = JSON.stringify(CLAIMS);

  it('JW-08 refuses every token with one character changed, added or missing', () => {
    const character = fc.constantFrom(...BASE64URL, ...'.=+/ \n\u0000é');
    fc.assert(
      fc.property(fc.nat(TOKEN.length - 1), character, (at, typed) => {
        if (TOKEN[at] !== typed) expect(verify(TOKEN.slice(0, at) + typed + TOKEN.slice(at + 1))).toBeUndefined();
        expect(verify(TOKEN.slice(0, at) + typed + TOKEN.slice(at))).toBeUndefined();
        expect(verify(TOKEN.slice(0, at) + TOKEN.slice(at + 1))).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  });

  it('JW-08 no other last character of a segment stands for the same bytes', () => {
    for (const last of BASE64URL.replace(signature.slice(-1), '')) {
      expect(verify(TOKEN.slice(0, -1) + last)).toBeUndefined();
    }
  });

  it.each([
    ['nothing', ''],
    ['four segments', `${TOKEN}.`],
    ['an empty header', `.${body}.${signature}`],
    ['no signature', `${head}.${body}.`],
    ['padding', `${TOKEN}==`],
    ['a line feed at the end', `${TOKEN}\n`],
    ['a space before', ` ${TOKEN}`],
    ['the scheme', `Bearer ${TOKEN}`],
    ['the JSON serialisation', JSON.stringify({ protected: head, payload: body, signature })],
    ['a signature of zeros', `${head}.${body}.${encode(new Uint8Array(64))}`],
    ['a signature of ones', `${head}.${body}.${encode(new Uint8Array(64).fill(255))}`],
    ['a signature of 63 bytes', `${head}.${body}.${encode(new Uint8Array(63).fill(1))}`],
    ['a DER signature', `${head}.${body}.${encode(sign('sha256', Buffer.from(`${head}.${body}`), privateKey))}`],
    ['another key', signAccessToken(CLAIMS, { kid: KID, privateKey: other.privateKey })],
    ['more than 8 KiB', signClaims({ ...CLAIMS, filler: 'x'.repeat(8192) })],
    ['a megabyte of dots', '.'.repeat(1_048_576)],
    ['a payload that is a list', signRaw(JSON.stringify(HEADER), `[${json}]`)],
    ['a payload that is null', signRaw(JSON.stringify(HEADER), 'null')],
    ['a payload that is no JSON', signRaw(JSON.stringify(HEADER), json.slice(1))],
    ['a payload with a byte order mark', signRaw(JSON.stringify(HEADER), `\uFEFF${json}`)],
    [
      'a payload that is no UTF-8',
      signRaw(JSON.stringify(HEADER), Buffer.from(json.replace('user', '\u00ff'), 'latin1')),
    ],
    ['a duplicate key in the payload', signRaw(JSON.stringify(HEADER), json.replace('{', '{"sub":"admin",'))],
    ['an escaped duplicate key', signRaw(JSON.stringify(HEADER), json.replace('{', '{"\\u0073ub":"admin",'))],
    ['a duplicate key in the header', signRaw(JSON.stringify(HEADER).replace('{', '{"alg":"none",'), json)],
    ['__proto__ in the payload', signRaw(JSON.stringify(HEADER), json.replace('{', '{"__proto__":{},'))],
    ['a deep payload', signRaw(JSON.stringify(HEADER), json.replace('{', `{"x":${'['.repeat(9)}${']'.repeat(9)},`))],
    ['a header that is a list', signRaw(JSON.stringify([HEADER]), json)],
  ])('JW-08 refuses %s', (_what, token) => {
    expect(verify(token)).toBeUndefined();
  });

  it('JW-12 throws for no text whatever, and knows none', () => {
    const likely = fc.array(fc.constantFrom(head, body, signature, '.', '=', 'e30', 'bnVsbA'), { maxLength: 7 });
    fc.assert(
      fc.property(
        fc.oneof(
          likely.map((parts) => parts.join('')),
          anyText(),
        ),
        (text) => {
          if (text !== TOKEN) expect(verify(text)).toBeUndefined();
        },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        expect(verify(`${head}.${body}.${encode(bytes)}`)).toBeUndefined();
      }),
    );
  });

  it('JW-12 spends no signature check on a token that is over or not ours', () => {
    const findKey = vi.fn(() => publicKey);
    expect(verify(TOKEN, { findKey, nowSeconds: NOW + 301 })).toBeUndefined();
    expect(verify(signClaims({ ...CLAIMS, aud: 'x' }), { findKey })).toBeUndefined();
    expect(verify(signClaims({ ...CLAIMS, nbf: NOW + 120 }), { findKey })).toBeUndefined();
    expect(findKey).not.toHaveBeenCalled();
  });
});
