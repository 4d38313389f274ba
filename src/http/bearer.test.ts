import { expect, it } from 'vitest';
import { databaseState } from '../testing/database-state.ts';
import { call, signUp } from '../testing/personas.ts';
import type { Persona } from '../testing/personas.ts';
import { exchange } from '../testing/raw-http.ts';
import { createForge, encode, signByHmac, signToken, strangersKey } from '../testing/tokens.ts';
import type { Json } from '../testing/tokens.ts';
import { useApplication } from '../testing/use-application.ts';

let persona: Persona | undefined;
const app = useApplication({}, async (application) => {
  persona = await signUp(application, 'ada');
});
const ada = (): Persona => persona as Persona;
const forge = () => createForge(app(), ada().accessToken);

const INVALID = 'Bearer error="invalid_token"';

/** 401 with the exact challenge, on each kind of endpoint that looks at a token; no trace of the token, no fault of ours. */
async function expectRefused(token: string): Promise<void> {
  const before = await databaseState(app());
  const from = app().logText().length;
  for (const [line, body] of [
    ['GET /api/auth/me', ''],
    ['GET /api/roles', ''],
    ['POST /api/auth/logout', '{}'],
  ] as const) {
    const fields = [`Authorization: Bearer ${token}`, ...(body === '' ? [] : ['Content-Type: application/json'])];
    const answer = await exchange(app().url, line, fields, body);
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': INVALID, 'cache-control': 'no-store' },
      json: { type: 'urn:gatehouse:problem:invalid-token' },
    });
    // Why it was refused is nobody's business.
    expect(answer.json['detail']).toBe('The access token is missing, has expired or has been revoked.');
  }
  const logged = app().logText().slice(from);
  expect(logged).not.toContain('"level":"error"');
  if (token.length > 20)
    for (const part of token.split('.').filter((segment) => segment.length > 20)) expect(logged).not.toContain(part);
  expect(await databaseState(app()), 'nothing has changed').toEqual(before);
}

it('a token of the forge that is right in everything works: what is refused below is refused for its one fault', async () => {
  expect(await call(app(), '/api/auth/me', { token: forge().token() })).toMatchObject({ status: 200 });
});

it.each([
  'none',
  'None',
  'NONE',
  'nOnE',
  'none ',
  '',
  'HS256',
  'hs256',
  'HS512',
  'ES256 ',
  'es256',
  'ES384',
  'ES512',
  'RS256',
  'PS256',
  'EdDSA',
  'ES256K',
  null,
  0,
  ['ES256'],
  { alg: 'ES256' },
])('JW-01 refuses alg %j: unsigned, signed by an HMAC with the public key, and signed well', async (alg) => {
  const { header, payload, segments, token } = forge();
  const forged = { ...header, alg };
  await expectRefused(`${encode(forged)}.${segments[1]}.`);
  await expectRefused(`${encode(forged)}.${segments[1]}`);
  await expectRefused(`${encode(forged)}.${segments[1]}.${segments[2]}`);
  await expectRefused(token({ alg }));
  const key = app().signingKeys.find(String(header['kid']));
  const spellings = [
    key?.export({ type: 'spki', format: 'pem' }),
    key?.export({ type: 'spki', format: 'der' }),
    JSON.stringify(app().signingKeys.jwks()[0]),
    '',
  ];
  for (const secret of spellings) await expectRefused(signByHmac(forged, payload, secret ?? 'no key'));
});

it('JW-01 refuses a token without an algorithm, and one signed by another key of the right kind', async () => {
  await expectRefused(forge().token({ alg: undefined }));
  await expectRefused(signToken(forge().header, forge().payload, strangersKey.privateKey));
});

it('JW-02 a key comes from our own list by its number, and from nowhere else', async () => {
  const { header, payload } = forge();
  const jwk = strangersKey.publicKey.export({ format: 'jwk' });
  const kid = String(header['kid']);
  const kids = [
    'unknown',
    '',
    kid.toUpperCase(),
    `${kid} `,
    `${kid}\u0000`,
    '../../../../dev/null',
    '/dev/null',
    "' or '1'='1",
    `${kid}' --`,
    'http://evil.example/key',
    '__proto__',
    'constructor',
    'a'.repeat(4000),
    0,
    null,
    [kid],
    { kid },
  ];
  for (const other of kids) {
    await expectRefused(signToken({ ...header, kid: other }, payload, strangersKey.privateKey));
    await expectRefused(forge().token({ kid: other }));
  }
  await expectRefused(forge().token({ kid: undefined }));
  for (const extra of [
    { jwk },
    { jku: 'https://evil.example/jwks.json' },
    { x5u: 'https://evil.example/chain.pem' },
    { x5c: ['MIIB'] },
    { crit: ['exp'] },
    { b64: false },
    { zip: 'DEF' },
  ] as Json[]) {
    await expectRefused(signToken({ ...header, ...extra }, payload, strangersKey.privateKey));
    await expectRefused(forge().token(extra));
  }
});

it('JW-04 refuses times that are missing, of another type, over, or not yet', async () => {
  const seconds = Math.floor(app().clock.now() / 1000);
  const iat = Number(forge().payload['iat']);
  for (const exp of [
    undefined,
    null,
    'tomorrow',
    String(seconds + 300),
    seconds,
    seconds - 1,
    seconds + 300.5,
    0,
    -1,
    Number.MAX_VALUE,
    true,
    [seconds + 300],
    {},
  ])
    await expectRefused(forge().token({}, { exp }));
  for (const value of [undefined, null, String(iat), seconds + 120, -1, iat + 0.5, true])
    await expectRefused(forge().token({}, { iat: value }));
  for (const nbf of [null, String(iat), seconds + 120, -1, true]) await expectRefused(forge().token({}, { nbf }));
});

it('JW-05 refuses another type, issuer or audience, and a refresh token in place of an access token', async () => {
  for (const typ of [
    undefined,
    null,
    'JWT',
    'jwt',
    'AT+JWT',
    'application/at+jwt',
    'at+jwt ',
    'id+jwt',
    'refresh',
    ['at+jwt'],
  ])
    await expectRefused(forge().token({ typ }));
  const { publicUrl } = app().config;
  for (const claim of ['iss', 'aud'])
    for (const value of [
      undefined,
      null,
      '',
      'https://evil.example',
      `${publicUrl}/`,
      publicUrl.toUpperCase(),
      [publicUrl],
      [publicUrl, 'https://evil.example'],
      { '0': publicUrl },
    ])
      await expectRefused(forge().token({}, { [claim]: value }));
  for (const claim of ['sub', 'sid', 'jti'])
    for (const value of [undefined, '', null, 1, ['x']]) await expectRefused(forge().token({}, { [claim]: value }));
  await expectRefused(forge().token({}, { sid: '01890000-0000-7000-8000-000000000000' }));
  await expectRefused(ada().refreshToken);
});

it('JW-08 there is one spelling of each token: no padding, no spare bits, no other alphabet, no name twice', async () => {
  const { segments, header, payload, tokenOf } = forge();
  const [head, body, signature] = segments;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(signature.at(-1) ?? '');
  for (const other of [1, 2, 3]) {
    // 64 bytes are 86 characters, and four bits of the last one mean nothing.
    const spelling = signature.slice(0, -1) + (alphabet[(last & ~15) | ((last + other) & 15)] ?? '');
    await expectRefused(`${head}.${body}.${spelling}`);
  }
  for (const padded of [
    `${head}.${body}.${signature}=`,
    `${head}.${body}.${signature}==`,
    `${head}=.${body}.${signature}`,
    `${head}==.${body}=.${signature}==`,
  ])
    await expectRefused(padded);
  await expectRefused(`${head}.${body}.${Buffer.from(signature, 'base64url').toString('base64').replaceAll('=', '')}~`);
  await expectRefused(`${head}.${body}`);
  await expectRefused(`${head}.${body}.${signature}.`);
  await expectRefused(`${head}.${body}.${signature}.${signature}`);
  await expectRefused(`.${head}.${body}.${signature}`);
  await expectRefused(`${head}..${signature}`);
  await expectRefused('..');
  const twice = JSON.stringify(payload).replace('{', `{"sub":"${'0'.repeat(36)}",`);
  await expectRefused(tokenOf(header, twice));
  await expectRefused(tokenOf(JSON.stringify(header).replace('{', '{"alg":"none",'), payload));
  await expectRefused(tokenOf(header, JSON.stringify(payload).replace('{', '{"__proto__":{"admin":true},')));
  await expectRefused(tokenOf(header, `${JSON.stringify(payload)} x`));
  await expectRefused(tokenOf(header, '[]'));
  await expectRefused(tokenOf('null', payload));
  await expectRefused(tokenOf(header, { ...payload, deep: [[[[[[]]]]]] }));
});

it('JW-08 refuses a token over 8 KiB, and one that has been altered anywhere', async () => {
  await expectRefused(forge().token({}, { padding: 'a'.repeat(8 * 1024) }));
  const { accessToken } = ada();
  for (let index = 0; index < accessToken.length; index += 23) {
    const other = accessToken[index] === 'A' ? 'B' : 'A';
    if (accessToken[index] !== '.')
      await expectRefused(accessToken.slice(0, index) + other + accessToken.slice(index + 1));
  }
});

it('AZ-01 JW-07 what a token says of roles decides nothing', async () => {
  const { url } = app();
  const token = forge().token({}, { roles: ['admin'], permissions: ['roles:read'], scope: 'roles:read' });
  expect(await exchange(url, 'GET /api/auth/me', [`Authorization: Bearer ${token}`])).toMatchObject({
    json: { user: { roles: ['user'] } },
  });
  expect(await exchange(url, 'GET /api/roles', [`Authorization: Bearer ${token}`])).toMatchObject({ status: 403 });
});
