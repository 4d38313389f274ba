import type { Route } from '@playwright/test';
import { problems } from '../src/contract/problem.ts';
import {
  expectAccount,
  expectSignIn,
  fillNewAccount,
  fillSignIn,
  newAccount,
  register,
  signIn,
  signOut,
} from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { texts } from './texts.ts';

const requestId = '0199f3a2-77aa-7c1e-9d53-0c1d2e3f4a5b';

function refuseWith(name: string, status: number, title: string, headers: Record<string, string> = {}) {
  return (route: Route) =>
    route.fulfill({
      status,
      headers,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        type: `urn:gatehouse:problem:${name}`,
        title,
        status,
        detail: 'A sentence about it.',
        requestId,
      }),
    });
}

test('with the server away, signing in says that, not that the password is wrong, and works when it is back', async ({
  page,
  freshGatehouse,
}) => {
  const account = await register(freshGatehouse.url);
  await page.goto(`${freshGatehouse.url}/sign-in`);
  await fillSignIn(page, account.username, account.password);
  await freshGatehouse.kill();
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  await expect(page.getByRole('alert')).toContainText(texts.refusals['no-answer'].title);
  await expect(page.getByRole('alert')).not.toContainText(problems['invalid-credentials'].title);
  await freshGatehouse.start();
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  await expect(page).toHaveURL(`${freshGatehouse.url}/account`);
  await expect(page.getByRole('region', { name: texts.account.session.title })).toContainText('127.0.0.1');
});

test('with the server away, one is still signed in, and says so when one signs out', async ({
  page,
  freshGatehouse,
}) => {
  const account = await register(freshGatehouse.url);
  await page.goto(`${freshGatehouse.url}/sign-in`);
  await fillSignIn(page, account.username, account.password);
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  await expect(page.getByRole('region', { name: texts.account.session.title })).toContainText('127.0.0.1');
  await freshGatehouse.kill();
  await signOut(page, account);
  await expect(page.getByRole('alert')).toContainText(texts.refusals['no-answer'].title);
  await expect(page.getByRole('alert')).toContainText(texts.signOutFailed.stillSignedIn);
  await page.getByRole('link', { name: texts.changePassword.title }).click(); // its part of the page was not loaded yet
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.brokenPage.title);
  await freshGatehouse.start();
  await page.getByRole('button', { name: texts.brokenPage.reload }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.changePassword.title);
  await signOut(page, account);
  await expect(page.getByText(texts.signIn.signedOut.here)).toBeVisible();
});

for (const [what, fail] of [
  ['a 503 of the server', refuseWith('unavailable', 503, problems.unavailable.title)],
  ['no connection', (route: Route) => route.abort('connectionrefused')],
  [
    'an error page of a proxy',
    (route: Route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
  ],
  [
    'somebody else who answers',
    (route: Route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Log in to the Wi-Fi</h1>' }),
  ],
] as const) {
  test(`a start that meets ${what} is not "signed out", and goes on by itself`, async ({ page, account }) => {
    await signIn(page, account);
    await page.clock.install();
    await page.route('**/api/auth/refresh', fail);
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.outage.title);
    await expect(page.getByRole('alert')).toBeVisible();
    await expect(page).toHaveURL('/account');
    await page.getByRole('button', { name: texts.alert.tryAgain }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.outage.title);
    await page.unroute('**/api/auth/refresh');
    await page.clock.runFor(6_000);
    await expectAccount(page, account.username);
  });
}

test('a fault of the server shows the id of the request, to be copied', async ({ page, context, account }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.route('**/api/auth/login', refuseWith('internal', 500, problems.internal.title));
  await page.goto('/sign-in');
  await fillSignIn(page, account.username, account.password);
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText(problems.internal.title);
  await expect(alert).toContainText('A sentence about it.');
  await expect(alert).toContainText(requestId);
  await alert.getByRole('button', { name: texts.alert.copyRequestId }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(requestId);
});

test('a busy server says when to try again', async ({ page, account }) => {
  await page.clock.install();
  await page.route('**/api/auth/login', refuseWith('busy', 503, problems.busy.title, { 'Retry-After': '7' }));
  await page.goto('/sign-in');
  await fillSignIn(page, account.username, account.password);
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  await expect(page.getByRole('alert')).toContainText(/Try again in [67] seconds\./);
  await page.clock.runFor(8_000);
  await expect(page.getByRole('alert')).toContainText(texts.alert.retryNow);
  await page.unroute('**/api/auth/login');
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  await expectAccount(page, account.username);
});

test('what could not be loaded can be asked for again', async ({ page, account }) => {
  await page.route(
    '**/api/auth/me',
    refuseWith('unavailable', 503, problems.unavailable.title, { 'Retry-After': '1' }),
  );
  await signIn(page, account);
  await expect(page.getByRole('alert')).toContainText(problems.unavailable.title);
  await expect(page.getByRole('region', { name: texts.account.profile.title })).toContainText(account.email);
  await page.unroute('**/api/auth/me');
  await page.getByRole('button', { name: texts.alert.tryAgain }).click();
  await expect(page.getByRole('region', { name: texts.account.session.title })).toContainText('127.0.0.1');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('sign-up without its rules, and without the strength of the password', async ({ page }) => {
  const refuse = refuseWith('unavailable', 503, problems.unavailable.title, { 'Retry-After': '1' });
  await page.route('**/api/auth/options', refuse);
  await page.route('**/api/auth/password-strength', refuse);
  await page.goto('/sign-up');
  await expect(page.getByRole('alert')).toContainText(problems.unavailable.title);
  await page.unroute('**/api/auth/options');
  await page.getByRole('button', { name: texts.alert.tryAgain }).click();
  const stranger = newAccount();
  await fillNewAccount(page, stranger);
  await expect(page.getByText(texts.newPassword.strength.unknown)).toBeVisible();
  await page.getByRole('button', { name: texts.signUp.submit, exact: true }).click();
  await expectAccount(page, stranger.username);
});

test('while the server thinks, the button shows it and sends nothing twice', async ({ page, account }) => {
  let sent = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route('**/api/auth/login', async (route) => {
    sent += 1;
    await promise;
    await route.continue();
  });
  await page.goto('/sign-in');
  await fillSignIn(page, account.username, account.password);
  await page.getByLabel(texts.fields.password, { exact: true }).press('Enter');
  await expect(page.getByRole('button', { name: texts.signIn.submit })).toBeDisabled();
  await page.getByLabel(texts.fields.password, { exact: true }).press('Enter');
  await expect(page).toHaveURL('/sign-in');
  resolve();
  await expectAccount(page, account.username);
  expect(sent).toBe(1);
});

test('a session that the server ended is "signed out", not an outage', async ({ page, context, account }) => {
  await signIn(page, account);
  await context.clearCookies();
  await page.reload();
  await expectSignIn(page);
  await expect(page.getByRole('alert')).toHaveCount(0);
});
