// The real pages behind the proxy, without https.
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { expectApiHeaders, expectPageHeaders, expectProblem } from './headers.ts';
import type { Answer } from './http.ts';
import { useProxy } from './proxy.ts';

const site = { https: false };
const proxy = useProxy({ label: 'pages' });
const get = (target: string, ...fields: string[]): Promise<Answer> => proxy.send(`GET ${target}`, { fields });

const noncesOf = (html: string): string[] => [...html.matchAll(/nonce="([^"]*)"/g)].map(([, nonce = '']) => nonce);

async function assetsOf(page: string): Promise<string[]> {
  const { text } = await get(page);
  return [...new Set([...text.matchAll(/\/assets\/[\w./-]+/g)].map(([asset]) => asset))];
}

test('HT-03 HT-07 a page is fresh each time: its nonce stands in its header and its body, and no copy is ever taken', async () => {
  const nonces = new Set<string>();
  const later = 'If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT';
  const earlier = 'If-Unmodified-Since: Fri, 01 Jan 1999 00:00:00 GMT';
  const conditions = [
    ['If-None-Match: *'],
    ['If-None-Match: "x"'],
    [later],
    [later, 'If-None-Match: *'],
    [earlier],
    ['If-Match: "x"'],
  ];
  const asked = [[], ...conditions, ['Range: bytes=0-9'], ['Range: bytes=0-9', 'If-Range: *']];
  for (const fields of asked) {
    const page = await get('/account/sessions?x=1', ...fields);
    expect(page.status, fields.join()).toBe(200);
    const nonce = expectPageHeaders(page, site, fields.join());
    expect(new Set(noncesOf(page.text)), fields.join()).toEqual(new Set([nonce]));
    expect(page.text).not.toContain('__CSP_NONCE__');
    for (const name of ['etag', 'last-modified', 'accept-ranges', 'content-range', 'age'])
      expect(page.header(name), name).toBeUndefined();
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(asked.length);
});

test('HT-03 HT-07 a page is compressed as it is sent, with its own nonce', async () => {
  for (const encoding of ['gzip', 'gzip, br, zstd']) {
    const page = await get('/', `Accept-Encoding: ${encoding}`);
    const nonce = expectPageHeaders(page, site, encoding);
    expect(page.header('content-encoding')).toBe('gzip');
    expect(page.header('vary')).toBe('Accept-Encoding');
    const html = gunzipSync(page.body).toString();
    expect(new Set(noncesOf(html))).toEqual(new Set([nonce]));
    expect(html).not.toContain('__CSP_NONCE__');
  }
});

test('HT-06 HT-07 hashed assets are kept for a year, compressed beforehand, and have their type', async () => {
  const assets = await assetsOf('/');
  expect(assets.length).toBeGreaterThan(1);
  const types: Record<string, string> = {
    js: 'text/javascript; charset=utf-8',
    css: 'text/css; charset=utf-8',
    woff2: 'font/woff2',
  };
  for (const asset of assets) {
    const plain = await get(asset);
    expect(plain.status, asset).toBe(200);
    expectApiHeaders(plain, site, asset, 'public, max-age=31536000, immutable');
    expect(plain.header('content-type'), asset).toBe(types[asset.split('.').at(-1) ?? '']);
    expect(plain.header('content-encoding'), asset).toBeUndefined();
    if (!/\.(?:js|css)$/.test(asset)) continue;
    const packed = await get(asset, 'Accept-Encoding: gzip');
    expect(packed.header('content-encoding'), asset).toBe('gzip');
    // A length is known of a file only.
    expect(Number(packed.header('content-length')), asset).toBe(packed.body.length);
    expect(gunzipSync(packed.body).equals(plain.body), asset).toBe(true);
  }
});

test('HT-07 HT-14 what is not there is a problem that nobody keeps, and never a page', async () => {
  const [script = ''] = await assetsOf('/');
  const gone = [
    '/assets/index-00000000.js',
    '/assets/',
    '/assets/sub/',
    `${script}.map`,
    `${script}.gz`,
    `${script}/x`,
  ];
  const hidden = [
    '/.git/config',
    '/.git',
    '/.env',
    '/.env.production',
    '/x/.git/HEAD',
    '/nginx.conf',
    '/package.json',
    '/server.key',
  ];
  const odd = ['/account.php', '/account/x.css', '/api.json', '/assets/..%2fnone.html', '/assets/%00.js'];
  for (const target of [
    ...gone,
    ...hidden,
    ...odd,
    '/.vite/manifest.json',
    '/.gatehouse/uri-too-long',
    '/50x.html',
    '/index.html.gz',
  ]) {
    const answer = await get(target, 'Accept-Encoding: gzip');
    expect(answer.text, target).not.toMatch(/<html|<!doctype|Index of/i);
    if (target.includes('%00')) expectProblem(answer, 'malformed-request', { ...site, instance: '' });
    else expectProblem(answer, 'not-found', { ...site, instance: target });
  }
});

test('HT-07 HT-14 what comes down to a page is one in full, and neither a list of files nor a way to them', async () => {
  for (const target of [
    '/assets',
    '/index.html',
    '/assets/../',
    '/assets/%2e%2e/index.html',
    '/assets/..%2findex.html',
  ])
    expectPageHeaders(await get(target), site, target);
});

test('HT-07 nothing of the API is kept by the proxy', async () => {
  const echoes = [];
  for (let index = 0; index < 3; index += 1) echoes.push(await proxy.echo('GET /api/x'));
  expect(new Set(echoes.map(({ seen }) => seen)).size).toBe(3);
  const answer = await get('/api/x');
  expect(answer.header('cache-control')).toBe('no-store');
  expect(answer.header('age')).toBeUndefined();
});

test('AZ-08 no spelling of an address of the API shows a page', async () => {
  const targets = [
    '/api',
    '/api/',
    '//api/auth/me',
    '/API/auth/me',
    '/Api',
    '/%61pi/auth/me',
    '/%61%70%69',
    '/api;x',
    '/api%2fauth',
  ];
  const more = [
    '///api',
    '/./api/x',
    '/x/../api/x',
    '/\\api',
    '/api\\x',
    '/livez/',
    '/readyz/',
    '/READYZ',
    '//readyz',
    '/readyz;x',
  ];
  const known = ['/.well-known/', '/.well-known/none', '//.well-known/jwks.json', '/.WELL-KNOWN/x', '/%2ewell-known/x'];
  for (const target of [...targets, ...more, ...known]) {
    const answer = await get(target);
    expect(answer.text, target).not.toMatch(/<html|<!doctype/i);
    // As it came, so that the server decides about the same path.
    expect([target, answer.text.includes('"seen"') && (answer.json()['target'] as string)]).toEqual([target, target]);
  }
});

test('HT-07 a page takes GET and HEAD only', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND']) {
    const answer = await proxy.send(`${method} /account`);
    expectProblem(answer, 'not-found', { ...site, instance: '/account' });
    expect(answer.text, method).not.toMatch(/<html/i);
  }
  const head = await proxy.send('HEAD /account');
  expect([head.status, head.body.length]).toEqual([200, 0]);
});
