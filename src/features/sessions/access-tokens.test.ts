import { createPublicKey, verify } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { expect, it } from 'vitest';
import { describeEachApplication } from '../../testing/start-application.ts';
import {
  call,
  createFrozenClock,
  signInByCookie,
  refreshBy,
  refusal,
  setUpAdministrator,
  signUp,
  whoAmI,
} from '../../testing/personas.ts';

const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>;

describeEachApplication('access tokens', ({ start }) => {
  it('JW-06 say who, in which session, for how long, and nothing else', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock });
    const ada = await signUp(app, 'ada');
    const [header, payload] = ada.accessToken.split('.');
    expect(decode(header)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    const now = Math.floor(clock.now() / 1000);
    expect(decode(payload)).toEqual({
      iss: 'http://localhost:3000',
      aud: 'http://localhost:3000',
      sub: ada.user.id,
      sid: ada.refreshToken.split('.')[0],
      jti: expect.stringMatching(/^[\w-]{16}$/),
      iat: now,
      exp: now + 300,
      roles: ['user'],
    });
    expect(ada.user.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Buffer.from(payload ?? '', 'base64url').toString()).not.toMatch(/example\.org|"ada"|password|salt/);
    const again = await refreshBy(app, ada.refreshToken);
    expect(decode(String(again.body['accessToken']).split('.')[1])['jti']).not.toBe(decode(payload)['jti']);
  });

  it('JW-06 live as long as configured, and not a second longer', async () => {
    const clock = createFrozenClock();
    const app = await start({ clock, config: { accessTokenSeconds: 60 } });
    const ada = await signUp(app, 'ada');
    expect(ada.expiresIn).toBe(60);
    const inNextSecond = 1000 - (clock.now() % 1000);
    clock.advance(58_000 + inNextSecond);
    expect(await whoAmI(app, ada.accessToken)).toMatchObject({ status: 200 });
    clock.advance(1_000);
    // Known to this process, and never asked for before: refused alike.
    expect(await whoAmI(app, ada.accessToken)).toMatchObject(refusal('invalid-token'));
    const answer = await whoAmI(app, ada.accessToken);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    const next = await refreshBy(app, ada.refreshToken);
    expect(await whoAmI(app, next.body['accessToken'])).toMatchObject({ status: 200 });
  });

  it('are verified by anybody with the published keys, and by no others', async () => {
    const app = await start();
    const root = await setUpAdministrator(app);
    await signUp(app, 'ada');
    const browser = await signInByCookie(app, 'ada');
    const answer = await call(app, '/.well-known/jwks.json');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    const keys = answer.body['keys'] as (JsonWebKey & { kid: string })[];
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    for (const token of [root.accessToken, browser.accessToken]) {
      const [header, payload, signature] = token.split('.');
      const jwk = keys.find((key) => key.kid === decode(header)['kid']);
      const key = createPublicKey({ key: jwk ?? {}, format: 'jwk' });
      const signed = Buffer.from(`${header}.${payload}`);
      const bytes = Buffer.from(signature ?? '', 'base64url');
      expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true);
      const options = { algorithms: ['ES256' as const], issuer: app.config.publicUrl, audience: app.config.publicUrl };
      expect(jwt.verify(token, key, options)).toMatchObject({ sub: decode(payload)['sub'] });
      const other = createPublicKey({ key: keys.find((key) => key !== jwk) ?? {}, format: 'jwk' });
      expect(verify('sha256', signed, { key: other, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(false);
    }
  });
});
