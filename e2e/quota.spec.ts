import { problems } from '../src/contract/problem.ts';
import { fillSignIn } from './accounts.ts';
import { expect, test } from './fixtures.ts';
import { texts, withAnyNumber } from './texts.ts';

test.use({ environment: { RATE_LIMIT_LOGIN: '2/m' } });

test('RL-07 who tries too often is told how long to wait, sees the wait run out, and is not called wrong', async ({
  page,
  account,
}) => {
  await page.clock.install();
  await page.goto('/sign-in');
  const signIn = page.getByRole('button', { name: texts.signIn.submit });
  for (let round = 0; round < 2; round += 1) {
    await fillSignIn(page, account.username, `not the password ${round}`);
    await signIn.click();
    await expect(page.getByRole('alert')).toContainText(problems['invalid-credentials'].title);
  }
  await fillSignIn(page, account.username, account.password);
  await signIn.click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText(problems['quota-exceeded'].title);
  await expect(alert).toContainText(withAnyNumber(texts.alert.retryInSeconds));
  await expect(alert).not.toContainText(problems['invalid-credentials'].title);
  await page.clock.fastForward('01:01');
  await expect(alert).toContainText(texts.alert.retryNow);
});
