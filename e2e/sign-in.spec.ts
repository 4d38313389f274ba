import { problems } from '../src/contract/problem.ts';
import { expectAccount, expectSignIn, fillSignIn, signIn, signOut } from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { texts } from './texts.ts';

const button = { name: texts.signIn.submit };

test('one signs in by user name or by e-mail address, in any spelling', async ({ page, account }) => {
  for (const identifier of [
    account.username,
    account.email,
    ` ${account.username.toUpperCase()} `,
    account.email.toUpperCase(),
  ]) {
    await page.goto('/sign-in');
    await fillSignIn(page, identifier, account.password);
    await page.getByRole('button', button).click();
    await expectAccount(page, account.username);
    await signOut(page, account);
    await expectSignIn(page);
    await expect(page.getByRole('status')).toHaveText(texts.signIn.signedOut.here);
  }
});

test('a wrong password and an unknown name are refused alike, and the password is to be typed again', async ({
  page,
  account,
}) => {
  await page.goto('/sign-in');
  const told: string[] = [];
  for (const identifier of [account.username, 'nobody-of-that-name', 'nobody@example.org']) {
    await fillSignIn(page, identifier, 'not the password at all');
    await page.getByRole('button', button).click();
    await expect(page.getByRole('alert')).toContainText(problems['invalid-credentials'].title);
    told.push(await page.getByRole('alert').innerText());
    await expect(page.getByLabel(texts.fields.password, { exact: true })).toBeFocused();
    await expect(page.getByRole('button', button)).toBeEnabled();
  }
  expect(new Set(told).size).toBe(1);
  await fillSignIn(page, account.username, account.password);
  await page.getByRole('button', button).click();
  await expectAccount(page, account.username);
});

test('an empty form says what is missing and goes to the first field', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByRole('button', button).click();
  await expect(page.getByLabel(texts.signIn.identifier)).toBeFocused();
  await expect(page.getByLabel(texts.signIn.identifier)).toHaveAccessibleDescription(texts.signIn.enterIdentifier);
  await expect(page.getByLabel(texts.fields.password, { exact: true })).toHaveAccessibleDescription(
    texts.signIn.enterPassword,
  );
});

test('PW-15: password fields are hidden, can be shown, take what is pasted, and are known to password managers', async ({
  page,
  context,
  account,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/sign-in');
  const password = page.getByLabel(texts.fields.password, { exact: true });
  await expect(page.getByLabel(texts.signIn.identifier)).toHaveAttribute('autocomplete', 'username');
  await expect(password).toHaveAttribute('autocomplete', 'current-password');
  await expect(password).toHaveAttribute('type', 'password');
  await page.evaluate((text) => navigator.clipboard.writeText(text), account.password);
  await password.focus();
  await page.keyboard.press('ControlOrMeta+v');
  await expect(password).toHaveValue(account.password);
  const show = page.getByRole('button', { name: texts.fields.showPassword });
  await expect(show).toHaveAttribute('aria-pressed', 'false');
  await show.click();
  await expect(password).toHaveAttribute('type', 'text');
  await expect(show).toHaveAttribute('aria-pressed', 'true');
  await show.press('Enter');
  await expect(password).toHaveAttribute('type', 'password');

  await page.goto('/sign-up');
  await expect(page.getByLabel(texts.fields.username)).toHaveAttribute('autocomplete', 'username');
  await expect(page.getByLabel(texts.fields.email)).toHaveAttribute('autocomplete', 'email');
  await expect(page.getByLabel(texts.fields.password, { exact: true })).toHaveAttribute('autocomplete', 'new-password');
  await expect(page.getByLabel(texts.fields.password, { exact: true })).toHaveAttribute('type', 'password');

  await signIn(page, account);
  await page.getByRole('link', { name: texts.changePassword.title }).click();
  await expect(page.getByLabel(texts.changePassword.current)).toHaveAttribute('autocomplete', 'current-password');
  await expect(page.getByLabel(texts.changePassword.new)).toHaveAttribute('autocomplete', 'new-password');
});

test('a stranger sees only the sign-in pages, and gets to where they wanted afterwards', async ({ page, account }) => {
  await page.goto('/');
  await expect(page).toHaveURL('/sign-in');
  await page.goto('/account/password');
  await expect(page).toHaveURL('/sign-in?next=/account/password');
  await expect(page.getByRole('navigation')).toHaveCount(0);
  await fillSignIn(page, account.username, account.password);
  await page.getByRole('button', button).click();
  await expect(page).toHaveURL('/account/password');
  await page.goto('/sign-in');
  await expect(page).toHaveURL('/account');
  await page.goto('/sign-up');
  await expect(page).toHaveURL('/account');
});

const script = ['javascript', 'alert(1)'].join(':');

for (const next of ['//evil.example', String.raw`/\evil.example`, 'https://evil.example', script, '/\t/evil.example']) {
  test(`IN-15 "next" leads nowhere but here: ${JSON.stringify(next)}`, async ({ page, account, gatehouse }) => {
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await fillSignIn(page, account.username, account.password);
    await page.getByRole('button', button).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.account.title);
    expect(page.url()).toBe(`${gatehouse.url}/account`);
  });
}

test('an address that is no page says so', async ({ page }) => {
  await page.goto('/nowhere/at-all');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.notFound.title);
  await page.getByRole('link', { name: texts.notFound.toAccount }).click();
  await expectSignIn(page);
});
