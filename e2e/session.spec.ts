import type { Page } from '@playwright/test';
import { expectAccount, expectSignIn, fillSignIn, signIn, signOut } from './accounts.ts';
import type { Account } from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { texts } from './texts.ts';

/**
 * The session that the page is in after the act, a navigation, as its own call of `me` tells. An answer to the page before it does not
 * count, and cannot be read any more.
 */
async function sessionIn(page: Page, act: () => Promise<unknown>): Promise<string> {
  let hasNavigated = false;
  page.once('framenavigated', () => {
    hasNavigated = true;
  });
  const answered = page.waitForResponse(
    (response) => hasNavigated && response.url().endsWith('/api/auth/me') && response.ok(),
  );
  await act();
  const { session } = (await (await answered).json()) as { session: { id: string } };
  return session.id;
}

async function openSecondTab(page: Page, { username }: Account): Promise<Page> {
  const second = await page.context().newPage();
  await second.goto('/account');
  await expectAccount(second, username);
  return second;
}

test('one stays signed in over a reload and in a new tab', async ({ page, account, gatehouse }) => {
  await signIn(page, account);
  await page.reload();
  await expectAccount(page, account.username);
  const second = await openSecondTab(page, account);
  await second.reload();
  await expectAccount(second, account.username);
  expect(gatehouse.sessionsOf(account.username)).toHaveLength(1);
});

for (const locks of ['with Web Locks', 'without Web Locks']) {
  test(`two tabs that refresh at once stay signed in, in one session, ${locks}`, async ({
    page,
    context,
    account,
    gatehouse,
  }) => {
    if (locks === 'without Web Locks')
      await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined }));
    await signIn(page, account);
    const tabs = [page, await openSecondTab(page, account), await openSecondTab(page, account)];
    const begun = gatehouse.sessionsOf(account.username);
    expect(begun).toHaveLength(1);
    for (let round = 0; round < 4; round += 1) {
      const sessions = await Promise.all(tabs.map((tab) => sessionIn(tab, () => tab.reload())));
      expect(new Set(sessions)).toEqual(new Set(begun));
    }
    for (const tab of tabs) await expectAccount(tab, account.username);
    expect(gatehouse.sessionsOf(account.username)).toEqual(begun);
  });
}

test('two tabs never renew at the same moment', async ({ page, context, account }) => {
  await signIn(page, account);
  const second = await openSecondTab(page, account);
  let atOnce = 0;
  let most = 0;
  await context.route('**/api/auth/refresh', async (route) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    const response = await route.fetch();
    atOnce -= 1;
    await route.fulfill({ response });
  });
  await Promise.all([page.reload(), second.reload()]);
  await expectAccount(page, account.username);
  await expectAccount(second, account.username);
  expect(most).toBe(1);
});

test('SE-16: signing out in one tab is seen by the others, and the way back shows nothing', async ({
  page,
  account,
  gatehouse,
}) => {
  await signIn(page, account);
  const second = await openSecondTab(page, account);
  await signOut(page, account);
  await expectSignIn(page);
  await expect(page.getByRole('status')).toHaveText(texts.signIn.signedOut.here);
  await expectSignIn(second);
  await expect(second.getByRole('status')).toHaveText(texts.signIn.signedOut.elsewhere);
  await expect(second.getByText(account.email)).toHaveCount(0);
  expect(gatehouse.sessionsOf(account.username)).toEqual([]);
  // What stays says that this browser has been here, and opens nothing.
  expect((await page.context().cookies()).map(({ name }) => name)).toEqual(['__Host-gatehouse-device']);
  await page.goBack();
  await expect(page.getByText(account.email)).toHaveCount(0);
  await page.goto('/account');
  await expectSignIn(page);
});

test('signing in in one tab signs in the other, which waits at the sign-in page', async ({
  page,
  context,
  account,
}) => {
  const second = await context.newPage();
  await second.goto('/sign-in');
  await expectSignIn(second);
  await signIn(page, account);
  await expectAccount(second, account.username);
});

test('where there is no channel between tabs, the other one finds out when it next asks', async ({
  page,
  context,
  account,
}) => {
  await context.addInitScript(() => Reflect.deleteProperty(window, 'BroadcastChannel'));
  await signIn(page, account);
  const second = await openSecondTab(page, account);
  await signOut(page, account);
  await expectSignIn(page);
  await second.getByRole('link', { name: texts.changePassword.title }).click();
  await second.getByLabel(texts.changePassword.current).fill(account.password);
  await second.getByLabel(texts.changePassword.new).fill('nine slow rivers under glass');
  await second.getByRole('button', { name: texts.changePassword.submit }).click();
  await expectSignIn(second);
  await expect(second.getByRole('status')).toHaveText(texts.signIn.signedOut.ended);
});

test('everything works where scripts may not store anything', async ({ page, context, account }) => {
  await context.addInitScript(() => {
    const refuse = (): never => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    };
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches', 'cookieStore'])
      Object.defineProperty(window, name, { get: refuse });
    Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined });
    Object.defineProperty(window, 'BroadcastChannel', { value: refuse });
  });
  await signIn(page, account);
  await page.reload();
  await expectAccount(page, account.username);
  await page.getByRole('button', { name: account.username }).click();
  await page.getByText(texts.frame.colorSchemes.dark).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.getByRole('button', { name: texts.frame.signOut }).click();
  await expectSignIn(page);
});

test('SE-13: nothing of a session is where a script, a link or a history could find it', async ({
  page,
  context,
  account,
}) => {
  const bodies: string[] = [];
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  page.on('response', (response) => {
    if (response.url().includes('/api/auth/'))
      void response.text().then(
        (text) => bodies.push(text),
        () => undefined,
      );
  });
  await signIn(page, account);
  await page.reload();
  await expectAccount(page, account.username);
  await page.getByRole('button', { name: account.username }).click();
  await page.getByText(texts.frame.colorSchemes.dark).click();

  const cookies = await context.cookies();
  expect(cookies.map(({ name }) => name).toSorted()).toEqual(['__Host-gatehouse-device', '__Host-gatehouse-session']);
  for (const cookie of cookies)
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
  const refreshToken = cookies.find(({ name }) => name === '__Host-gatehouse-session')?.value ?? '';
  expect(refreshToken).not.toBe('');
  const kept = await page.evaluate(async () => ({
    cookie: document.cookie,
    local: { ...localStorage },
    session: { ...sessionStorage },
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    globals: Object.keys(window).filter((name) => /token|session(?!Storage)/i.test(name)),
  }));
  expect(kept).toEqual({
    cookie: '',
    local: { 'mantine-color-scheme-value': 'dark' },
    session: {},
    databases: [],
    caches: [],
    globals: [],
  });
  const markup = await page.content();
  for (const token of [refreshToken, 'eyJ']) expect(markup).not.toContain(token);
  expect(bodies.length).toBeGreaterThan(2);
  for (const text of [...bodies, ...addresses]) expect(text).not.toContain(refreshToken);
  expect(bodies.join('')).not.toContain('refreshToken');
  for (const address of addresses) expect(address).not.toMatch(/eyJ|token=/);
});

test('IN-10: what people are called is text, never markup', async ({ page, account }) => {
  const name = '<img src=x onerror="document.title=1"><b>&amp;';
  await page.route('**/api/auth/{login,me}', async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { user: { displayName: string } };
    body.user.displayName = name;
    await route.fulfill({ response, json: body });
  });
  await signIn(page, account);
  await expect(page.getByText(name, { exact: true }).first()).toBeVisible();
  await expect(page.locator('main img, main b, header img')).toHaveCount(0);
  await expect(page).toHaveTitle('Account · Gatehouse');
});

test('another person who signs in elsewhere does not finish what the first one began', async ({
  page,
  context,
  account,
  administrator,
}) => {
  await signIn(page, account);
  await page.getByRole('link', { name: texts.changePassword.title }).click();
  await page.getByLabel(texts.changePassword.current).fill(account.password);
  const second = await context.newPage();
  await second.goto('/account');
  await signOut(second, account);
  await expectSignIn(second);
  await fillSignIn(second, administrator.username, administrator.password);
  await second.getByRole('button', { name: texts.signIn.submit }).click();
  await expectAccount(second, administrator.username);
  await expectAccount(page, administrator.username);
  await page.getByRole('link', { name: texts.changePassword.title }).click();
  await expect(page.getByLabel(texts.changePassword.current)).toHaveValue('');
});
