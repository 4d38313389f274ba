import type { Page } from '@playwright/test';
import { expectAccount, newAccount } from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { linkIn, texts } from './texts.ts';

/** What has the focus, as it is announced. */
async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return '';
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined;
    const visible = element.cloneNode(true) as Element;
    for (const hidden of visible.querySelectorAll('[aria-hidden=true]')) hidden.remove();
    return (label ?? element.getAttribute('aria-label') ?? visible.textContent).trim();
  });
}

async function tabTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let steps = 0; steps < 20; steps += 1) {
    await page.keyboard.press(key);
    const now = await focused(page);
    if (typeof name === 'string' ? now === name : name.test(now)) return;
    passed.push(now);
  }
  throw new Error(`Tab never reaches ${String(name)}; it went over ${passed.join(' → ')}`);
}

/** The focus can be seen: something about the element differs from how it is without. */
async function expectVisibleFocus(page: Page): Promise<void> {
  const looks = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      const box = element?.closest('label') ?? element;
      if (box === null) return '';
      const { outlineStyle, outlineWidth, borderColor, boxShadow, clipPath } = getComputedStyle(box);
      return [outlineStyle, outlineWidth, borderColor, boxShadow, clipPath].join(' ');
    });
  const before = await looks();
  await page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    element.dataset['was'] = 'focused';
    element.blur();
  });
  const after = await page.evaluate(() => {
    const element = document.querySelector<HTMLElement>('[data-was=focused]');
    const box = element?.closest('label') ?? element;
    if (!element || !box) return '';
    const { outlineStyle, outlineWidth, borderColor, boxShadow, clipPath } = getComputedStyle(box);
    element.focus();
    delete element.dataset['was'];
    return [outlineStyle, outlineWidth, borderColor, boxShadow, clipPath].join(' ');
  });
  expect(before).not.toBe(after);
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('signing up, out and in with the keyboard alone', async ({ page }) => {
  const stranger = newAccount();
  await page.goto('/sign-in');
  await expect(page.getByRole('link', { name: linkIn(texts.signIn.newHere) })).toBeVisible();
  await tabTo(page, texts.signUp.submit);
  await expectVisibleFocus(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: texts.signUp.title })).toBeFocused();
  await expect(page.getByLabel(texts.fields.username)).toBeVisible();
  await tabTo(page, texts.fields.username);
  await expectVisibleFocus(page);
  await page.keyboard.type(stranger.username);
  await tabTo(page, texts.fields.email);
  await page.keyboard.type(stranger.email);
  await tabTo(page, texts.fields.password);
  await page.keyboard.type(stranger.password);
  await tabTo(page, texts.fields.showPassword);
  await expectVisibleFocus(page);
  await page.keyboard.press('Space');
  await expect(page.getByLabel(texts.fields.password, { exact: true })).toHaveAttribute('type', 'text');
  await tabTo(page, texts.newPassword.suggest);
  await tabTo(page, texts.signUp.submit);
  await page.keyboard.press('Enter');
  await expectAccount(page, stranger.username);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();

  await tabTo(page, stranger.username, 'Shift+Tab');
  await expectVisibleFocus(page);
  await page.keyboard.press('Enter');
  await tabTo(page, texts.frame.colorSchemes.auto);
  await expectVisibleFocus(page);
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: texts.frame.signOut })).toBeHidden();
  await expect(page.getByRole('button', { name: stranger.username })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, texts.frame.signOut);
  await page.keyboard.press('Enter');

  await expect(page.getByRole('heading', { level: 1, name: texts.signIn.title })).toBeFocused();
  await tabTo(page, texts.signIn.identifier);
  await page.keyboard.type(stranger.email);
  await tabTo(page, texts.fields.password);
  await page.keyboard.type(stranger.password);
  await page.keyboard.press('Enter');
  await expectAccount(page, stranger.username);
});

test('the first Tab on an account page is a way past the navigation', async ({ page, account }) => {
  await page.goto('/sign-in');
  await page.getByLabel(texts.signIn.identifier).fill(account.username);
  await page.getByLabel(texts.fields.password, { exact: true }).fill(account.password);
  await page.keyboard.press('Enter');
  await expectAccount(page, account.username);
  await page.reload();
  await expectAccount(page, account.username);
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe(texts.frame.skipToContent);
  await expectVisibleFocus(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test('the navigation is folded away, and out of the tab order until it is opened', async ({ page, account }) => {
    await page.goto('/sign-in');
    await page.getByLabel(texts.signIn.identifier).fill(account.username);
    await page.getByLabel(texts.fields.password, { exact: true }).fill(account.password);
    await page.keyboard.press('Enter');
    await expectAccount(page, account.username);
    const fold = page.getByRole('button', { name: texts.frame.navigation });
    await expect(fold).toHaveAttribute('aria-expanded', 'false');
    await expect(page.getByRole('link', { name: texts.changePassword.title })).toBeHidden();
    await fold.press('Enter');
    await expect(fold).toHaveAttribute('aria-expanded', 'true');
    await tabTo(page, texts.fields.password);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.changePassword.title);
    await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
    await expect(page.getByRole('link', { name: texts.account.title })).toBeHidden();
  });
});
