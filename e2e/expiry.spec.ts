import type { Page, Request } from '@playwright/test';
import { expectSignIn, fillSignIn, signIn } from './accounts.ts';
import type { Account } from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { texts } from './texts.ts';

// Short enough that it expires while the test runs; nothing waits for the clock, only for the server's own refusal.
test.use({ environment: { ACCESS_TOKEN_SECONDS: '3' } });

const change = { name: texts.changePassword.submit };
const next = 'nine slow rivers under glass';

function countCalls(page: Page): (endpoint: string) => Request[] {
  const requests: Request[] = [];
  page.on('request', (request) => requests.push(request));
  return (endpoint) => requests.filter((request) => request.url().endsWith(endpoint));
}

/** Signs in, fills the password form, and returns when the server takes the page's latest access token no more. */
async function untilExpired(page: Page, url: string, account: Account): Promise<void> {
  let latest: Promise<{ accessToken: string }> | undefined;
  page.on('response', (response) => {
    if (response.ok() && /\/api\/auth\/(login|refresh)$/.test(response.url())) latest = response.json();
  });
  await page.goto('/sign-in');
  await fillSignIn(page, account.username, account.password);
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  await expect(page.getByRole('region', { name: texts.account.session.title })).toContainText('127.0.0.1');
  await page.getByRole('link', { name: texts.changePassword.title }).click();
  await page.getByLabel(texts.changePassword.current).fill(account.password);
  await page.getByLabel(texts.changePassword.new).fill(next);
  const answer = async (): Promise<number> => {
    const headers = { Authorization: `Bearer ${(await latest)?.accessToken}` };
    return (await fetch(`${url}/api/auth/me`, { headers })).status;
  };
  await expect.poll(answer, { intervals: [200] }).toBe(401);
}

test('an access token that expires in use is renewed before the next call, which nobody notices', async ({
  page,
  account,
  gatehouse,
}) => {
  await untilExpired(page, gatehouse.url, account);
  const calls = countCalls(page);
  await page.getByRole('button', change).click();
  await expect(page.getByRole('status')).toContainText(texts.changePassword.changed);
  expect(calls('/api/auth/refresh')).toHaveLength(1);
  expect(calls('/api/auth/password')).toHaveLength(1);
});

test('a token that is refused although it should be fresh is renewed once, and the call repeated once', async ({
  page,
  account,
  gatehouse,
}) => {
  await page.clock.setFixedTime(new Date()); // a clock that stands still: the page believes in its token for ever
  await untilExpired(page, gatehouse.url, account);
  const calls = countCalls(page);
  await page.getByRole('button', change).click();
  await expect(page.getByRole('status')).toContainText(texts.changePassword.changed);
  expect(calls('/api/auth/refresh')).toHaveLength(1);
  expect(calls('/api/auth/password')).toHaveLength(2);
});

test('calls that find the token expired share one renewal', async ({ page, account, gatehouse }) => {
  await page.clock.setFixedTime(new Date());
  await untilExpired(page, gatehouse.url, account);
  const calls = countCalls(page);
  await page.getByRole('link', { name: texts.account.title }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.account.title);
  await page.getByRole('link', { name: texts.changePassword.title }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.changePassword.title);
  expect(calls('/api/auth/refresh').length).toBeLessThanOrEqual(1);
});

test('where the session is over too, the sign-in page says so', async ({ page, account, gatehouse, context }) => {
  await untilExpired(page, gatehouse.url, account);
  await context.clearCookies();
  await page.getByRole('button', change).click();
  await expectSignIn(page);
  await expect(page.getByRole('status')).toHaveText(texts.signIn.signedOut.ended);
  await signIn(page, account);
});
