import { expectAccount, fillNewAccount, newAccount } from './accounts.ts';
import { expect, test } from './fixtures.ts';

const signUp = { name: 'Sign up', exact: true };

test('a stranger signs up and is signed in', async ({ page }) => {
  const stranger = newAccount();
  await page.goto('/sign-in');
  await page.getByRole('link', signUp).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await fillNewAccount(page, stranger);
  await page.getByRole('button', signUp).click();
  await expectAccount(page, stranger.username);
  const profile = page.getByRole('region', { name: 'Profile' });
  await expect(profile).toContainText(stranger.email);
  await expect(profile).toContainText('Not verified');
  await expect(page.getByRole('region', { name: 'What you may do' })).toContainText('create, read, delete');
  await expect(page.getByRole('region', { name: 'This session' })).toContainText('127.0.0.1');
});

test('PW-02: the form shows how many bytes are left, and takes 72 bytes and no more', async ({ page }) => {
  const stranger = newAccount();
  await page.goto('/sign-up');
  const password = page.getByLabel('Password', { exact: true });
  await password.fill('é'.repeat(15));
  await expect(page.getByText('42 bytes left')).toBeVisible();
  const longest = `${'Grüße aus Köln, '.repeat(3)}und 🦉 auch`;
  await fillNewAccount(page, { ...stranger, password: `${longest}+++++++++` });
  await expect(page.getByText('bytes too long')).toBeVisible();
  await page.getByRole('button', signUp).click();
  await expect(password).toBeFocused();
  await expect(password).toHaveAccessibleDescription(/at most 72 bytes/);
  const left = 72 - new TextEncoder().encode(longest).byteLength;
  await password.fill(longest + '.'.repeat(left));
  await expect(page.getByText('0 bytes left')).toBeVisible();
  await page.getByRole('button', signUp).click();
  await expectAccount(page, stranger.username);
});

test('while one types, the form says how strong the password is and why one cannot be used', async ({ page }) => {
  const stranger = newAccount();
  await page.goto('/sign-up');
  await fillNewAccount(page, { ...stranger, password: 'short' });
  await expect(page.getByText('10 more characters')).toBeVisible();
  await page.getByLabel('Password', { exact: true }).fill('passwordpassword');
  await expect(page.getByText('Cannot be used')).toBeVisible();
  await page.getByLabel('Password', { exact: true }).fill('seven brave otters climb at dawn');
  await expect(page.getByText('Very strong')).toBeVisible();
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
  await page.getByLabel('User name').fill(stranger.username);
  await page.getByLabel('E-mail address').fill(stranger.email);
  await page.getByRole('button', { name: 'Propose a passphrase' }).click();
  const password = page.getByLabel('Password', { exact: true });
  await expect(password).toHaveValue(/^[a-z-]+(-[a-z]+){4}$/);
  await expect(password).toHaveAttribute('type', 'text');
  expect(loaded.filter((url) => url.includes('diceware'))).toHaveLength(1);
  const first = await password.inputValue();
  await page.getByRole('button', { name: 'Propose another' }).click();
  await expect(password).not.toHaveValue(first);
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await password.inputValue());
  await page.getByRole('button', signUp).click();
  await expectAccount(page, stranger.username);
});

test('faults stand beside their fields, and the first one has the focus', async ({ page, account }) => {
  await page.goto('/sign-up');
  await page.getByRole('button', signUp).click();
  const username = page.getByLabel('User name');
  await expect(username).toBeFocused();
  await expect(username).toHaveAccessibleDescription('Choose a user name.');
  await expect(username).toHaveAttribute('aria-invalid', 'true');
  await fillNewAccount(page, { ...newAccount(), username: account.username });
  await page.getByRole('button', signUp).click();
  await expect(username).toHaveAccessibleDescription('This user name is taken.');
  await expect(username).toBeFocused();
  await fillNewAccount(page, { ...newAccount(), email: account.email.toUpperCase() });
  await page.getByRole('button', signUp).click();
  await expect(page.getByLabel('E-mail address')).toHaveAccessibleDescription(
    'This e-mail address already has an account.',
  );
  await expect(page.getByLabel('E-mail address')).toBeFocused();
});

test('a password that the server refuses is refused beside its field', async ({ page }) => {
  const stranger = newAccount();
  await page.goto('/sign-up');
  await fillNewAccount(page, { ...stranger, password: 'passwordpassword' });
  await page.getByRole('button', signUp).click();
  const password = page.getByLabel('Password', { exact: true });
  await expect(password).toBeFocused();
  await expect(password).toHaveAttribute('aria-invalid', 'true');
  await expect(page).toHaveURL('/sign-up');
});
