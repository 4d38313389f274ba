import { problems } from '../src/contract/problem.ts';
import { expectAccount, expectSignIn, fillSignIn, post, signIn, signOut } from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { texts, withAnyNumber } from './texts.ts';

test('LG-03 LG-07 after five wrong passwords the next try is told how long to wait, sees the wait run out, and is not called wrong', async ({
  page,
  account,
}) => {
  await page.clock.install();
  await page.goto('/sign-in');
  const button = page.getByRole('button', { name: texts.signIn.submit });
  const alert = page.getByRole('alert');
  for (let round = 0; round < 5; round += 1) {
    await fillSignIn(page, round % 2 === 0 ? account.username : account.email, `not the password ${round}`);
    await button.click();
    await expect(alert).toContainText(problems['invalid-credentials'].title);
  }
  await fillSignIn(page, account.username, account.password);
  await button.click();
  await expect(alert).toContainText(problems.throttled.title);
  await expect(alert).toContainText('sign in from a browser that you have used for this account before');
  await expect(alert).toContainText(withAnyNumber(texts.alert.retryInSeconds));
  await expect(alert).not.toContainText(problems['invalid-credentials'].title);
  await expect(page.getByLabel(texts.signIn.identifier)).toHaveValue(account.username);
  await page.clock.fastForward('00:31');
  await expect(alert).toContainText(texts.alert.retryNow);
});

test('LG-05 a browser that has signed in before gets in while strangers are kept waiting', async ({
  page,
  account,
  gatehouse,
}) => {
  await signIn(page, account);
  await signOut(page, account);
  await expectSignIn(page);
  const stranger = { identifier: account.username, password: 'not the password', transport: 'token' };
  const statuses: number[] = [];
  for (let round = 0; round < 6; round += 1)
    statuses.push((await post(gatehouse.url, '/api/auth/login', stranger)).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  await fillSignIn(page, account.email, account.password);
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  await expectAccount(page, account.username);
});
