import { problems } from '../src/contract/problem.ts';
import { expectAccount, fillNewAccount, newAccount } from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { texts, withAnyNumber } from './texts.ts';

const signUp = { name: texts.signUp.submit, exact: true };

test('a stranger signs up and is signed in', async ({ page }) => {
  const stranger = newAccount();
  await page.goto('/sign-in');
  await page.getByRole('link', signUp).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await fillNewAccount(page, stranger);
  await page.getByRole('button', signUp).click();
  await expectAccount(page, stranger.username);
  const profile = page.getByRole('region', { name: texts.account.profile.title });
  await expect(profile).toContainText(stranger.email);
  await expect(profile).toContainText(texts.account.profile.notVerified);
  await expect(page.getByRole('region', { name: texts.account.permissions.title })).toContainText(
    'create, read, delete',
  );
  await expect(page.getByRole('region', { name: texts.account.session.title })).toContainText('127.0.0.1');
});

test('PW-02: the form shows how many bytes are left, and takes 72 bytes and no more', async ({ page }) => {
  const stranger = newAccount();
  await page.goto('/sign-up');
  const password = page.getByLabel(texts.fields.password, { exact: true });
  await password.fill('é'.repeat(15));
  await expect(page.getByText(texts.newPassword.bytesLeft(42))).toBeVisible();
  const longest = `${'Grüße aus Köln, '.repeat(3)}und 🦉 auch`;
  await fillNewAccount(page, { ...stranger, password: `${longest}+++++++++` });
  await expect(page.getByText(withAnyNumber(texts.newPassword.bytesTooLong))).toBeVisible();
  await page.getByRole('button', signUp).click();
  await expect(password).toBeFocused();
  await expect(password).toHaveAccessibleDescription(/at most 72 bytes/);
  const left = 72 - new TextEncoder().encode(longest).byteLength;
  await password.fill(longest + '.'.repeat(left));
  await expect(page.getByText(texts.newPassword.bytesLeft(0))).toBeVisible();
  await page.getByRole('button', signUp).click();
  await expectAccount(page, stranger.username);
});

test('while one types, the form says how strong the password is and why one cannot be used', async ({ page }) => {
  const stranger = newAccount();
  await page.goto('/sign-up');
  await fillNewAccount(page, { ...stranger, password: 'short' });
  await expect(page.getByText(texts.newPassword.charactersMissing(10))).toBeVisible();
  await page.getByLabel(texts.fields.password, { exact: true }).fill('passwordpassword');
  await expect(page.getByText(texts.newPassword.strength.refused)).toBeVisible();
  await page.getByLabel(texts.fields.password, { exact: true }).fill('seven brave otters climb at dawn');
  await expect(page.getByText(texts.newPassword.strength.scores[4])).toBeVisible();
});

test('a proposed passphrase is five words, shown, another one each time, and good enough', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const stranger = newAccount();
  await page.goto('/sign-up');
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(request.url()));
  await page.getByLabel(texts.fields.username).fill(stranger.username);
  await page.getByLabel(texts.fields.email).fill(stranger.email);
  await page.getByRole('button', { name: texts.newPassword.suggest }).click();
  const password = page.getByLabel(texts.fields.password, { exact: true });
  await expect(password).toHaveValue(/^[a-z-]+(-[a-z]+){4}$/);
  await expect(password).toHaveAttribute('type', 'text');
  expect(loaded.filter((url) => url.includes('diceware'))).toHaveLength(1);
  const first = await password.inputValue();
  await page.getByRole('button', { name: texts.newPassword.suggestAnother }).click();
  await expect(password).not.toHaveValue(first);
  await page.getByRole('button', { name: texts.newPassword.copy, exact: true }).click();
  await expect(page.getByRole('button', { name: texts.newPassword.copied })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await password.inputValue());
  await page.getByRole('button', signUp).click();
  await expectAccount(page, stranger.username);
});

test('faults stand beside their fields, and the first one has the focus', async ({ page, account }) => {
  await page.goto('/sign-up');
  await page.getByRole('button', signUp).click();
  const username = page.getByLabel(texts.fields.username);
  await expect(username).toBeFocused();
  await expect(username).toHaveAccessibleDescription(texts.fields.chooseUsername);
  await expect(username).toHaveAttribute('aria-invalid', 'true');
  await fillNewAccount(page, { ...newAccount(), username: account.username });
  await page.getByRole('button', signUp).click();
  await expect(username).toHaveAccessibleDescription(`${problems['username-taken'].title}.`);
  await expect(username).toBeFocused();
  await fillNewAccount(page, { ...newAccount(), email: account.email.toUpperCase() });
  await page.getByRole('button', signUp).click();
  await expect(page.getByLabel(texts.fields.email)).toHaveAccessibleDescription(`${problems['email-taken'].title}.`);
  await expect(page.getByLabel(texts.fields.email)).toBeFocused();
});

test('a password that the server refuses is refused beside its field', async ({ page }) => {
  const stranger = newAccount();
  await page.goto('/sign-up');
  await fillNewAccount(page, { ...stranger, password: 'passwordpassword' });
  await page.getByRole('button', signUp).click();
  const password = page.getByLabel(texts.fields.password, { exact: true });
  await expect(password).toBeFocused();
  await expect(password).toHaveAttribute('aria-invalid', 'true');
  await expect(page).toHaveURL('/sign-up');
});
