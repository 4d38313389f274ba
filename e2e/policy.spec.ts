import { expect, test } from './fixtures.ts';
import { scenes } from './pages.ts';
import { linkIn, texts } from './texts.ts';

test('HT-03: every page comes with the strict policy and a nonce that is fresh each time', async ({ request }) => {
  const nonces = new Set<string>();
  for (const path of ['/', '/sign-in', '/account', '/nowhere', '/setup']) {
    const response = await request.get(path);
    const policy = response.headers()['content-security-policy'] ?? '';
    const nonce = /script-src 'self' 'nonce-([\w-]{22,})';/.exec(policy)?.[1] ?? '';
    expect(nonce, policy).not.toBe('');
    nonces.add(nonce);
    expect(policy).not.toMatch(/unsafe-|\*/);
    for (const rule of [
      "default-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "form-action 'self'",
    ])
      expect(policy).toContain(rule);
    const html = await response.text();
    expect(html).toContain(`nonce="${nonce}"`);
    expect(html).not.toContain('__CSP_NONCE__');
    expect(html).not.toMatch(/\sstyle=|\son\w+=/);
    expect(response.headers()['cache-control']).toBe('no-store');
    expect(response.headers()['etag']).toBeUndefined();
  }
  expect(nonces.size).toBe(5);
});

test('HT-07: a hashed file is kept for ever, an unknown one is not found, and the page is never stored', async ({
  page,
  request,
}) => {
  const assets: { url: string; cache: string | undefined; encoding: string | undefined }[] = [];
  page.on('response', (response) => {
    const { 'cache-control': cache, 'content-encoding': encoding } = response.headers();
    if (response.url().includes('/assets/')) assets.push({ url: response.url(), cache, encoding });
  });
  await page.goto('/sign-in');
  await expect(page.getByRole('link', { name: linkIn(texts.signIn.newHere) })).toBeVisible();
  expect(assets.length).toBeGreaterThan(3);
  for (const { url, cache, encoding } of assets) {
    expect(cache, url).toBe('public, max-age=31536000, immutable');
    if (/\.(js|css)$/.test(url)) expect(encoding, url).toBe('gzip');
  }
  for (const path of ['/account/photo.png', '/assets/nothing.js', '/.gatehouse-build', '/.vite/manifest.json'])
    expect((await request.get(path)).status(), path).toBe(404);
});

test('the first load of the sign-in page is at most 160 KiB of JavaScript, as the browser counts it', async ({
  page,
}) => {
  await page.goto('/sign-in');
  await expect(page.getByRole('link', { name: linkIn(texts.signIn.newHere) })).toBeVisible();
  const scripts = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.endsWith('.js'))
      .map((entry) => ({
        name: new URL(entry.name).pathname,
        bytes: (entry as PerformanceResourceTiming).encodedBodySize,
      })),
  );
  const kib = scripts.reduce((sum, { bytes }) => sum + bytes, 0) / 1024;
  test.info().annotations.push({ type: 'first load', description: `${kib.toFixed(1)} KiB in ${scripts.length} files` });
  expect(scripts.length).toBeGreaterThan(1);
  expect(kib).toBeLessThanOrEqual(160);
});

test('nothing is asked of any other place', async ({ page, account, gatehouse }) => {
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== gatehouse.url) elsewhere.push(request.url());
  });
  for (const { show, signedIn } of scenes.filter(({ name }) => !name.includes(','))) {
    if (!signedIn) await show(page, account);
    await page.unrouteAll();
  }
  await scenes.find(({ name }) => name === 'account')?.show(page, account);
  expect(elsewhere).toEqual([]);
});

test('the policy is in force: a script without the nonce does not run', async ({ page, complaints }) => {
  await page.goto('/sign-in');
  const refused = page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => resolve(violatedDirective));
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
      }),
  );
  expect(await refused).toBe('script-src-elem');
  expect(await page.evaluate(() => 'ran' in window)).toBe(false);
  await expect.poll(() => complaints.splice(0).join(' ')).toContain('script-src');
});
