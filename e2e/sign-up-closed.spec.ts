import { expect, test } from './fixtures.ts';

test.use({ environment: { SIGN_UP: 'closed' } });

test('where sign-up is closed, nobody is invited to it, and its page says whom to ask', async ({ page }) => {
  await page.goto('/sign-in');
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Sign up' })).toHaveCount(0);
  await page.goto('/sign-up');
  await expect(page.getByText('Accounts on this installation are made by its administrators.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Sign up' })).toHaveCount(0);
});
