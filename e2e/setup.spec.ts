import { problems } from '../src/contract/problem.ts';
import { expectAccount, fillNewAccount, newAccount } from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { linkIn, texts } from './texts.ts';

const makeAdministrator = { name: texts.setUp.submit };

test('the set-up link makes the first administrator, signs in, and works once', async ({
  page,
  browser,
  freshGatehouse,
}) => {
  const link = await freshGatehouse.setupLink();
  const administrator = newAccount();
  await page.goto(link);
  await fillNewAccount(page, administrator);
  await page.getByRole('button', makeAdministrator).click();
  await expect(page).toHaveURL(`${freshGatehouse.url}/account`);
  await expect(page.getByRole('region', { name: texts.account.profile.title })).toContainText('admin');
  await expect(page.getByRole('region', { name: texts.account.permissions.title })).toContainText(
    texts.account.permissions.subjects.settings,
  );
  await expect(freshGatehouse.setupLink(), 'the file with the link is gone').rejects.toThrow('ENOENT');

  const other = await browser.newPage();
  await other.goto(link);
  await fillNewAccount(other, newAccount());
  await other.getByRole('button', makeAdministrator).click();
  await expect(other.getByRole('alert')).toContainText(problems['invalid-setup-secret'].title);
  await expect(other.getByRole('alert')).toContainText('npm run cli -- admin setup');
  await expect(other.getByLabel(texts.fields.password)).toHaveCount(0);
  await other.close();
});

test('the secret of the link leaves the address and the history at once, and never reaches the server by it', async ({
  page,
  freshGatehouse,
}) => {
  const link = await freshGatehouse.setupLink();
  const secret = new URL(link).hash.replace('#secret=', '');
  expect(secret.length).toBeGreaterThan(40);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.url()} ${JSON.stringify(request.headers())}`));
  await page.goto(link);
  await expect(page.getByLabel(texts.fields.username)).toBeVisible();
  expect(page.url()).toBe(`${freshGatehouse.url}/setup`);
  await page.reload();
  await expect(page.getByText(texts.setUp.openTheLink)).toBeVisible();
  expect(asked.join('\n')).not.toContain(secret);
  expect(
    freshGatehouse
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .join('\n'),
  ).not.toContain(secret);
});

test('a link that is opened in a page that is there already is taken', async ({ page, freshGatehouse }) => {
  const link = new URL(await freshGatehouse.setupLink());
  await page.goto(`${freshGatehouse.url}/setup`);
  await expect(page.getByText(texts.setUp.openTheLink)).toBeVisible();
  await page.evaluate((hash) => (location.hash = hash), link.hash);
  await expect(page.getByRole('button', makeAdministrator)).toBeVisible();
  expect(page.url()).toBe(`${freshGatehouse.url}/setup`);
});

test('before there is an administrator, the sign-in page says where the link is; afterwards it does not', async ({
  page,
  freshGatehouse,
}) => {
  const hint = page.getByText(texts.signIn.noAdministrator);
  await page.goto(`${freshGatehouse.url}/sign-in`);
  await expect(hint).toBeVisible();
  await page.goto('/sign-in');
  await expect(page.getByRole('link', { name: linkIn(texts.signIn.newHere) })).toBeVisible();
  await expect(hint).toHaveCount(0);
});

test('a wrong secret is refused with what to do, and changes nothing', async ({ page, administrator }) => {
  await page.goto('/setup#secret=abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw');
  const stranger = newAccount();
  await fillNewAccount(page, stranger);
  await page.getByRole('button', makeAdministrator).click();
  await expect(page.getByRole('alert')).toContainText(problems['invalid-setup-secret'].title);
  await page.getByRole('link', { name: texts.setUp.toSignIn }).click();
  await page.getByLabel(texts.signIn.identifier).fill(administrator.username);
  await page.getByLabel(texts.fields.password, { exact: true }).fill(administrator.password);
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  await expectAccount(page, administrator.username);
});
