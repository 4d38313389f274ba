import { problems } from '../src/contract/problem.ts';
import { accessToken, expectSignIn, fillSignIn, signIn } from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { texts } from './texts.ts';

const change = { name: texts.changePassword.submit };
const next = 'nine slow rivers under glass';

test('a new password signs out every other session, and this one stays', async ({
  page,
  browser,
  account,
  gatehouse,
}) => {
  const elsewhere = await browser.newContext({ baseURL: gatehouse.url });
  const other = await elsewhere.newPage();
  await signIn(other, account);
  const program = await accessToken(gatehouse.url, account);
  await signIn(page, account);

  await page.getByRole('link', { name: texts.changePassword.title }).click();
  await page.getByLabel(texts.changePassword.current).fill(account.password);
  await page.getByLabel(texts.changePassword.new).fill(next);
  await page.getByRole('button', change).click();
  await expect(page.getByRole('status')).toContainText(texts.changePassword.changed);
  await expect(page.getByRole('status')).toBeFocused();
  await expect(page.getByLabel(texts.changePassword.current)).toHaveValue('');
  expect(gatehouse.sessionsOf(account.username)).toHaveLength(1);

  const answer = await fetch(`${gatehouse.url}/api/auth/me`, { headers: { Authorization: `Bearer ${program}` } });
  expect(answer.status).toBe(401);
  await other.reload();
  await expectSignIn(other);
  await fillSignIn(other, account.username, account.password);
  await other.getByRole('button', { name: texts.signIn.submit }).click();
  await expect(other.getByRole('alert')).toContainText(problems['invalid-credentials'].title);
  await fillSignIn(other, account.username, next);
  await other.getByRole('button', { name: texts.signIn.submit }).click();
  await expect(other.getByRole('heading', { level: 1 })).toHaveText(texts.account.title);
  await elsewhere.close();

  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.changePassword.title);
});

test('a session that was ended in the middle of something says so, and leads back to it', async ({
  page,
  browser,
  account,
  gatehouse,
}) => {
  await signIn(page, account);
  await page.getByRole('link', { name: texts.changePassword.title }).click();
  await page.getByLabel(texts.changePassword.current).fill(account.password);
  await page.getByLabel(texts.changePassword.new).fill(next);

  const elsewhere = await browser.newContext({ baseURL: gatehouse.url });
  const other = await elsewhere.newPage();
  await signIn(other, account);
  await other.getByRole('link', { name: texts.changePassword.title }).click();
  await other.getByLabel(texts.changePassword.current).fill(account.password);
  await other.getByLabel(texts.changePassword.new).fill('another one from somewhere else');
  await other.getByRole('button', change).click();
  await expect(other.getByRole('status')).toContainText(texts.changePassword.changed);
  await elsewhere.close();

  await page.getByRole('button', change).click();
  await expectSignIn(page);
  await expect(page.getByRole('status')).toHaveText(texts.signIn.signedOut.ended);
  await expect(page).toHaveURL('/sign-in?next=/account/password');
});

test('each refusal of a change stands beside its field', async ({ page, account }) => {
  await signIn(page, account);
  await page.getByRole('link', { name: texts.changePassword.title }).click();
  const current = page.getByLabel(texts.changePassword.current);
  const chosen = page.getByLabel(texts.changePassword.new);
  await page.getByRole('button', change).click();
  await expect(current).toBeFocused();
  await expect(current).toHaveAccessibleDescription(texts.changePassword.enterCurrent);

  await current.fill('not my password, is it');
  await chosen.fill(next);
  await page.getByRole('button', change).click();
  await expect(current).toHaveAccessibleDescription('This is not your current password.');
  await expect(current).toBeFocused();

  await current.fill(account.password);
  await chosen.fill(account.password);
  await page.getByRole('button', change).click();
  await expect(chosen).toHaveAccessibleDescription(/The new password is the current one\./);
  await expect(chosen).toBeFocused();

  await chosen.fill(`${account.username} ${account.username}`);
  await page.getByRole('button', change).click();
  await expect(chosen).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByRole('status')).toHaveCount(0);
});
