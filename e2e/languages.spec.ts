// A second language needs no other page: the same pages, built with a language more, say nothing in English.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page, Response } from '@playwright/test';
import { build } from 'vite';
import { root } from '../scripts/runtime.js';
import { accented } from '../web/testing/accented.ts';
import { createFormats } from '../web/texts/formats.ts';
import type { Account } from './accounts.ts';
import { expect, test as base } from './fixtures.ts';
import { scenes } from './pages.ts';

const web = path.join(root, 'web');

async function buildWithPseudoLanguages(outDir: string): Promise<void> {
  await build({
    configFile: path.join(web, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
    plugins: [
      {
        name: 'pseudo-languages',
        enforce: 'pre',
        resolveId: (source, importer) =>
          source === './languages.ts' && importer === path.join(web, 'texts', 'open-texts.ts')
            ? path.join(web, 'testing', 'pseudo-languages.ts')
            : undefined,
      },
    ],
  });
}

/** The server's own answer, with the policy and the nonce that it made, around the other build. */
async function serve(page: Page, folder: string): Promise<void> {
  await page.route('**/assets/*', (route) =>
    route.fulfill({ path: path.join(folder, new URL(route.request().url()).pathname) }),
  );
  await page.route(
    () => true,
    async (route) => {
      if (route.request().resourceType() !== 'document') return await route.fallback();
      const response = await route.fetch();
      const nonce = /'nonce-([\w-]+)'/.exec(response.headers()['content-security-policy'] ?? '')?.[1] ?? '';
      const html = await readFile(path.join(folder, 'index.html'), 'utf8');
      await route.fulfill({ response, body: html.replaceAll('__CSP_NONCE__', nonce) });
    },
  );
}

/** Every text of the page that somebody sees or hears; what is code or typed is nobody's language. */
async function textsOf(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const found = [document.title];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const isCode = texts.currentNode.parentElement?.closest('code, script, style, noscript');
      if (!isCode) found.push(texts.currentNode.textContent ?? '');
    }
    for (const element of document.body.querySelectorAll('*'))
      for (const name of ['aria-label', 'aria-description', 'title', 'placeholder', 'alt'])
        found.push(element.getAttribute(name) ?? '');
    return found.filter((text) => text.trim() !== '');
  });
}

const stringsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
};

/** What the server says, it says itself: names, addresses, and what it refuses. */
function listenToServer(page: Page): () => Promise<string[]> {
  const answers: Promise<string[]>[] = [];
  page.on('response', (response: Response) => {
    if (/json/.test(response.headers()['content-type'] ?? ''))
      answers.push(
        response.json().then(stringsIn, () => []), // a page that is left takes its answers with it
      );
  });
  return async () => (await Promise.all(answers)).flat();
}

async function expectNoEnglish(page: Page, account: Account, said: readonly string[]): Promise<void> {
  const initial = account.username.charAt(0).toUpperCase();
  const typed = await page
    .locator('input')
    .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));
  const known = [...said, ...typed].filter((data) => data !== '').toSorted((a, b) => b.length - a.length);
  const strip = (text: string): string => known.reduce((rest, data) => rest.replaceAll(data, ''), text);
  const left = (await textsOf(page)).map(strip).filter((text) => /[a-z]/i.test(text) && text !== initial);
  expect(left, 'texts that are in no catalogue').toEqual([]);
}

const test = base.extend<object, { pseudoPages: string }>({
  pseudoPages: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads from the pattern which fixtures are needed: none
    async ({}, use) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-pages-'));
      await buildWithPseudoLanguages(folder);
      await use(folder);
      await rm(folder, { recursive: true });
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test.describe('in a language more', () => {
  test.use({ locale: 'en-XA', contextOptions: { reducedMotion: 'reduce' } });
  const texts = accented(createFormats('en-XA'));

  for (const { name, show } of scenes) {
    test(`${name}: no English is left, and longer words have room`, async ({ page, account, pseudoPages }) => {
      const said = listenToServer(page);
      await serve(page, pseudoPages);
      await show(page, account, texts);
      await expect(page.locator('html')).toHaveAttribute('lang', 'en-XA');
      await expect(page.locator('html')).toHaveAttribute('dir', 'ltr');
      await expectNoEnglish(page, account, await said());
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    });
  }
});

test.describe('from right to left', () => {
  test.use({ locale: 'ar-XB' });

  test('the page says so, and its times are those of the language', async ({ page, account, pseudoPages }) => {
    const texts = accented(createFormats('ar-XB'));
    await serve(page, pseudoPages);
    await scenes.find(({ name }) => name === 'account')?.show(page, account, texts);
    await expect(page.locator('html')).toHaveAttribute('lang', 'ar-XB');
    await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
    await expect(page.getByRole('time').first()).toHaveAttribute('title', /\p{Script=Arabic}{3}/u);
  });
});

test('who reads none of the languages is shown English, and loads no other', async ({
  browser,
  gatehouse,
  pseudoPages,
}) => {
  const context = await browser.newContext({ locale: 'fr-FR', baseURL: gatehouse.url });
  const page = await context.newPage();
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(request.url()));
  await serve(page, pseudoPages);
  await page.goto('/sign-in');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  expect(loaded.filter((url) => url.includes('accented'))).toEqual([]);
  await context.close();
});
