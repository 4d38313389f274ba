import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { endpoints } from '#contract/index.ts';
import { call } from '../testing/personas.ts';
import { exchange } from '../testing/raw-http.ts';
import { startServer } from '../testing/start-server.ts';

const SCRIPT = 'console.log("é");'.repeat(20);
const root = mkdtempSync(path.join(tmpdir(), 'gatehouse-pages-'));
const folder = path.join(root, 'dist');
const files: Record<string, string | Buffer> = {
  'index.html': '<!doctype html><script nonce="__CSP_NONCE__">1</script><style nonce="__CSP_NONCE__"></style>',
  'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'robots.txt': 'x',
  'assets/app-1a2b3c4d.js': SCRIPT,
  'assets/app-1a2b3c4d.js.gz': gzipSync(SCRIPT),
  'assets/app-1a2b3c4d.js.map': '{"sources":["secret.ts"]}',
  'assets/font-1a2b3c4d.woff2': 'font',
  'assets/unknown-1a2b3c4d.xyz': 'x',
  '.vite/manifest.json': '{"secret.ts":{}}',
  '.env': 'SECRET=1',
  '.git/config': 'secret',
  'assets/.hidden.js': 'secret',
  '../outside.txt': 'secret',
};
for (const [name, content] of Object.entries(files)) {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
}
symlinkSync('/etc/passwd', path.join(folder, 'passwd.txt'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const routes = endpoints.map((endpoint) => ({ endpoint, handle: async () => ({ status: 500 }) }));
const start = () => startServer({ pagesFolder: folder, routes });

const POLICY = (nonce: string): string =>
  `default-src 'self';script-src 'self' 'nonce-${nonce}';style-src 'self' 'nonce-${nonce}';img-src 'self' data:;font-src 'self';connect-src 'self';object-src 'none';base-uri 'none';frame-ancestors 'none';form-action 'self'`;

it.each(['/', '/sign-in', '/account/password', '/index.html', '/a/b/c?next=/x', '/%20', '/assets/'])(
  'HT-03 HT-04 HT-07 the page at %s has a fresh nonce, the strict policy, and is never stored',
  async (target) => {
    const { url } = await start();
    const nonces = new Set<string>();
    for (let count = 0; count < 3; count += 1) {
      const page = await exchange(url, `GET ${target}`, [
        'If-None-Match: *',
        'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT',
        'Range: bytes=0-1',
        'Accept-Encoding: gzip',
      ]);
      const nonce = /nonce="([\w-]+)"/.exec(page.body)?.[1] ?? '';
      expect(page).toMatchObject({
        status: 200,
        headers: {
          'content-security-policy': POLICY(nonce),
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
          'x-frame-options': 'DENY',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'x-xss-protection': '0',
        },
      });
      expect(page.headers['permissions-policy']).toContain('camera=()');
      for (const header of ['etag', 'last-modified', 'set-cookie', 'server', 'x-powered-by', 'content-encoding'])
        expect(page.headers).not.toHaveProperty(header);
      expect(page.body.split(`nonce="${nonce}"`), 'each place has the same one').toHaveLength(3);
      expect(page.body).not.toContain('__CSP_NONCE__');
      expect(Buffer.from(nonce, 'base64url')).toHaveLength(16);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  },
);

it('HT-03 no policy lets anything inline, anything evaluated or anything from elsewhere run', async () => {
  const { url } = await start();
  for (const target of ['/', '/assets/app-1a2b3c4d.js', '/api/nothing']) {
    const policy = (await exchange(url, `GET ${target}`)).headers['content-security-policy'];
    expect(policy).not.toMatch(/unsafe|\*|https?:|blob:/);
  }
});

it('HT-06 HT-07 a hashed file is kept for ever, another one is asked for again; each with its type', async () => {
  const { url } = await start();
  const script = await exchange(url, 'GET /assets/app-1a2b3c4d.js');
  expect(script).toMatchObject({
    status: 200,
    headers: {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    },
  });
  expect(Buffer.from(script.body, 'latin1').toString()).toBe(SCRIPT);
  const icon = await exchange(url, 'GET /favicon.svg');
  expect(icon).toMatchObject({
    status: 200,
    headers: { 'content-type': 'image/svg+xml; charset=utf-8', 'cache-control': 'no-cache' },
  });
  expect(await exchange(url, 'GET /assets/unknown-1a2b3c4d.xyz')).toMatchObject({
    headers: { 'content-type': 'application/octet-stream' },
  });
  const etag = icon.headers['etag'] ?? '';
  const again = await exchange(url, 'GET /favicon.svg', [`If-None-Match: "x", W/${etag}`]);
  expect(again).toMatchObject({ status: 304, body: '', headers: { etag, 'cache-control': 'no-cache' } });
  expect(await exchange(url, 'GET /favicon.svg', ['If-None-Match: "x"'])).toMatchObject({ status: 200 });
});

it('HT-07 guards: the compressed form is kept apart from the plain one by every cache', async () => {
  const { url } = await start();
  const get = (encoding: string) =>
    exchange(url, 'GET /assets/app-1a2b3c4d.js', [`Accept-Encoding: ${encoding}`, 'Origin: http://localhost']);
  const gzip = await get('br;q=1.0, gzip;q=0.8');
  expect(gzip).toMatchObject({ headers: { 'content-encoding': 'gzip', vary: 'Origin, Accept-Encoding' } });
  expect(gunzipSync(Buffer.from(gzip.body, 'latin1')).toString()).toBe(SCRIPT);
  for (const encoding of ['identity', 'gzip;q=0', 'br', '*;q=0']) {
    const plain = await get(encoding);
    expect(plain.headers, encoding).toMatchObject({ vary: 'Origin, Accept-Encoding' });
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(plain.headers['etag']).not.toBe(gzip.headers['etag']);
  }
});

it.each(['bytes=0-3', 'bytes=10-5', 'bytes=99999999-', 'bytes=-5', 'bytes=a-b', 'bytes=0-0,5-9', 'lines=1-2', '-'])(
  'HT-06 guards: "Range: %s" gets the whole file; backward ones broke the connection, and later ones an answer that was no problem',
  async (range) => {
    const { url, logText } = await start();
    const given = await exchange(url, 'GET /favicon.svg', [`Range: ${range}`]);
    expect(given).toMatchObject({ status: 200, body: files['favicon.svg'] });
    expect(given.headers).not.toHaveProperty('content-range');
    expect(logText()).not.toContain('"level":"error"');
  },
);

it.each([
  '/.git/config',
  '/.git/',
  '/.env',
  '/.vite/manifest.json',
  '/assets/.hidden.js',
  '/assets/app-1a2b3c4d.js.map',
  '/assets/app-1a2b3c4d.js.%6dap',
  '/assets/app-1a2b3c4d.js.gz',
  '/assets/gone-1a2b3c4d.js',
  '/robots.txt/',
  '/%69ndex.html',
  '/index%2ehtml.x',
  '/INDEX.HTML',
  '/passwd.txt',
  '/../outside.txt',
  '/%2e%2e/outside.txt',
  '/..%2foutside.txt',
  '/assets/..%5c..%5coutside.txt',
  '/assets/../../outside.txt',
  '/outside.txt%00.js',
  '/package.json',
  '/account/me.css',
  '/wp-login.php',
  '/metrics.txt',
  '/__proto__.js',
  '/constructor.x',
])('HT-14 HT-07 AZ-08 %s is not there, and is no page either', async (target) => {
  const { url } = await start();
  const given = await exchange(url, `GET ${target}`, ['Accept: text/html']);
  expect(given).toMatchObject({
    status: 404,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' },
  });
  for (const word of ['secret', 'SECRET', 'root:', '__CSP_NONCE__']) expect(given.body).not.toContain(word);
});

it.each([
  '/API/auth/me',
  '/Api/auth/me',
  '//api/auth/me',
  '/api//auth/me',
  '/./api/auth/me',
  '/x/../api/auth/me',
  '/%61pi/auth/me',
  '/api%2fauth%2fme',
  '/\\api\\auth\\me',
  '/api\\auth\\me',
  '/api;v=1/auth/me',
  '/api/auth/me;v=1',
  '/api/auth/me/',
  '/api/auth/me/.',
  '/api/auth/me.json',
  '/api/auth/me%00',
  '/api/auth/me%20',
  '/api/auth/ME',
  '/api',
  '/api/',
  '/api/nothing',
  '/.Well-Known/jwks',
  '/.well-known/',
  '/livez/',
  '/Livez',
  '/readyz/',
  '/%72eadyz',
  '/readyz;',
  '//readyz',
  '/readyz/x',
])(
  'AZ-08 guards: %s, another spelling of an endpoint, is no page; a probe would take that for healthy',
  async (target) => {
    const { url } = await start();
    for (const method of ['GET', 'HEAD', 'POST'])
      expect(await exchange(url, `${method} ${target}`), method).toMatchObject({
        status: 404,
        headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      });
  },
);

it('HEAD has the headers of GET and no body; nothing but GET and HEAD has a page', async () => {
  const { url } = await start();
  for (const target of ['/', '/favicon.svg']) {
    const get = await fetch(url + target);
    const head = await fetch(url + target, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const name of ['content-type', 'cache-control', 'etag'])
      expect(head.headers.get(name), name).toBe(get.headers.get(name));
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS'])
      expect((await exchange(url, `${method} ${target}`)).status, `${method} ${target}`).toBe(404);
  }
});

it('a process without built pages answers with problems', async () => {
  const { url } = await startServer({ pagesFolder: path.join(root, 'nowhere'), routes });
  for (const target of ['/', '/sign-in', '/favicon.svg'])
    expect(await call({ url }, target)).toMatchObject({
      status: 404,
      body: { type: 'urn:gatehouse:problem:not-found' },
    });
});
