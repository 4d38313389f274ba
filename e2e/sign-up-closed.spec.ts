import { expect, test } from './fixtures.ts';
import { linkIn, texts } from './texts.ts';

test.use({ environment: { SIGN_UP: 'closed' } });

test('where sign-up is closed, nobody is invited to it, and its page says whom to ask', async ({ page }) => {
  await page.goto('/sign-in');
  await expect(page.getByRole('button', { name: texts.signIn.submit })).toBeVisible();
  await expect(page.getByRole('link', { name: linkIn(texts.signIn.newHere) })).toHaveCount(0);
  await page.goto('/sign-up');
  await expect(page.getByText(texts.signUp.closed)).toBeVisible();
  await expect(page.getByRole('button', { name: texts.signUp.submit })).toHaveCount(0);
});
