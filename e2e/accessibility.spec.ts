import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { scenes } from './pages.ts';

const looks = [
  { look: 'light, desktop', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { look: 'dark, desktop', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { look: 'light, phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { look: 'dark, phone', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const;

/** What can be pressed and is less than 44 px high or wide, but for links within a sentence (WCAG 2.5.5). */
async function smallTargets(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>(
      'button, input:not([hidden]), nav a, fieldset label',
    )) {
      const { width, height } = element.getBoundingClientRect();
      const isShown = element.checkVisibility() && width > 0;
      const isLabelled = element instanceof HTMLInputElement && element.type === 'radio'; // its label is the target
      if (isShown && !isLabelled && (height < 44 || width < 44))
        found.push(`${element.outerHTML.slice(0, 120)}: ${width} x ${height}`);
    }
    return found;
  });
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const { name, show } of scenes) {
  test(`${name}: no axe violation, nothing too small to press, nothing wider than the window`, async ({
    page,
    account,
  }) => {
    await show(page, account);
    for (const { look, colorScheme, viewport } of looks) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        look,
      ).toEqual([]);
      expect(await smallTargets(page), look).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), look).toBeLessThanOrEqual(0);
    }
  });
}
