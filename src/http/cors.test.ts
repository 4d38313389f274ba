import { describe, expect, it } from 'vitest';
import { signUp } from '../testing/personas.ts';
import { exchange } from '../testing/raw-http.ts';
import type { RawAnswer } from '../testing/raw-http.ts';
import { useApplication } from '../testing/use-application.ts';
import { createOriginCheck } from './same-origin.ts';

const corsNames = ({ headers }: RawAnswer): string[] =>
  Object.keys(headers)
    .filter((name) => name.startsWith('access-control-'))
    .toSorted();

const preflightFields = (origin: string): string[] => [
  `Origin: ${origin}`,
  'Access-Control-Request-Method: PATCH',
  'Access-Control-Request-Headers: authorization,content-type',
];

describe('with a list of origins', () => {
  const ALLOWED = 'https://app.example.org';
  const strangers = [
    'https://evil.example',
    'https://app.example.org.evil.example',
    'https://evil-app.example.org',
    'https://sub.app.example.org',
    'http://app.example.org',
    'https://app.example.org:8443',
    'https://APP.example.org',
    'https://app.example.org/',
    'https://app.example.org, https://evil.example',
    'https://gate.example.org',
    'http://localhost:3000',
    'null',
    '*',
    '',
  ];
  const app = useApplication({
    config: {
      mode: 'production',
      publicUrl: 'https://gate.example.org',
      corsOrigins: [ALLOWED, 'https://other.example.org'],
    },
  });

  it('HT-08 an allowed origin may read answers, without credentials', async () => {
    const answer = await exchange(app(), 'GET /api/auth/options', [`Origin: ${ALLOWED}`]);
    expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': ALLOWED, vary: 'Origin' } });
    expect(corsNames(answer)).toEqual(['access-control-allow-origin', 'access-control-expose-headers']);
    expect(answer.headers['access-control-expose-headers']).toBe('X-Request-Id,Retry-After,RateLimit,RateLimit-Policy');
    const refused = await exchange(app(), 'GET /api/auth/me', [`Origin: ${ALLOWED}`]);
    expect(refused, 'a problem can be read too').toMatchObject({
      status: 401,
      headers: { 'access-control-allow-origin': ALLOWED },
    });
  });

  it('HT-08 an allowed origin may send a bearer token: exact preflight', async () => {
    const answer = await exchange(app(), 'OPTIONS /api/auth/password', preflightFields(ALLOWED));
    expect(answer).toMatchObject({
      status: 204,
      body: '',
      headers: {
        'access-control-allow-origin': ALLOWED,
        'access-control-allow-methods': 'GET,HEAD,POST,PUT,PATCH,DELETE',
        'access-control-allow-headers': 'Authorization,Content-Type,X-API-Key,X-Request-Id',
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it.each(strangers)('HT-08 %j is not allowed to read or to send anything', async (origin) => {
    for (const line of ['GET /api/auth/options', 'GET /.well-known/jwks.json', 'GET /api/auth/me', 'GET /']) {
      const answer = await exchange(app(), line, [`Origin: ${origin}`]);
      expect(corsNames(answer), line).toEqual([]);
      expect(answer.headers['vary'], line).toMatch(/^Origin/);
    }
    const preflight = await exchange(app(), 'OPTIONS /api/auth/password', preflightFields(origin));
    expect(preflight).toMatchObject({ status: 405, headers: { allow: 'PATCH', vary: 'Origin' } });
    expect(corsNames(preflight)).toEqual([]);
  });

  it('HT-08 without an Origin nothing is said, but that it matters', async () => {
    const answer = await exchange(app(), 'GET /api/auth/options');
    expect(answer).toMatchObject({ status: 200, headers: { vary: 'Origin' } });
    expect(corsNames(answer)).toEqual([]);
  });

  it('HT-08 the cookie never works across sites, whatever is allowed: no answer allows credentials', async () => {
    await signUp(app(), 'ada');
    for (const method of ['GET', 'POST', 'OPTIONS'])
      for (const path of ['/api/auth/me', '/api/auth/refresh', '/api/auth/login', '/', '/livez', '/nothing']) {
        const answer = await exchange(app(), `${method} ${path}`, preflightFields(ALLOWED));
        expect(answer.headers, `${method} ${path}`).not.toHaveProperty('access-control-allow-credentials');
        expect(answer.headers['access-control-allow-origin']).not.toBe('*');
      }
  });
});

describe('in local mode', () => {
  const isAllowed = createOriginCheck('any-localhost');

  it.each([
    'http://localhost',
    'http://localhost:5173',
    'https://localhost:1',
    'http://127.0.0.1:3000',
    'http://127.0.0.11',
    'http://[::1]:3000',
    'http://app.localhost:80',
    'http://localhost:65535',
  ])('HT-08 %s is a localhost origin', (origin) => expect(isAllowed(origin)).toBe(true));

  it.each([
    'http://localhost.evil.example',
    'http://evil-localhost',
    'http://evillocalhost:3000',
    'http://localhost:3000.evil.example',
    'http://localhost@evil.example',
    'http://127.0.0.1.evil.example',
    'http://128.0.0.1',
    'http://127.0.0.256',
    'http://0.0.0.0',
    'http://[::2]',
    'http://a.b.localhost/',
    'http://localhost/',
    'http://localhost:',
    'http://localhost:123456',
    'http://LOCALHOST',
    'ftp://localhost',
    'file://localhost',
    'null',
    '',
    '*',
    'http://localhost\nhttp://evil.example',
    'chrome-extension://localhost',
    'http://evil.example/.localhost',
    'http://evil.example#.localhost',
    'http://.localhost',
  ])('HT-08 %j is none', (origin) => expect(isAllowed(origin)).toBe(false));

  const app = useApplication();

  it('HT-08 the headers follow the same rule', async () => {
    const get = (origin: string) => exchange(app(), 'GET /api/auth/options', [`Origin: ${origin}`]);
    expect((await get('http://localhost:5173')).headers).toMatchObject({
      'access-control-allow-origin': 'http://localhost:5173',
    });
    expect(corsNames(await get('http://localhost.evil.example'))).toEqual([]);
  });
});
