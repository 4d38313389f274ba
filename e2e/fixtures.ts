import { expect, test as base } from '@playwright/test';
import type { BrowserContext } from '@playwright/test';
import { ensureBuilt } from '../scripts/prepare.js';
import { newAccount, post, register } from './accounts.ts';
import type { Account } from './accounts.ts';
import { createGatehouse } from './gatehouse.ts';
import type { Gatehouse } from './gatehouse.ts';

interface WorkerFixtures {
  /** Variables for the server; another set is another server. */
  environment: Record<string, string>;
  /** A running server with an administrator. */
  gatehouse: Gatehouse;
  administrator: Account;
}

interface TestFixtures {
  /** Somebody who has an account and is not signed in. */
  account: Account;
  /** A running server of this test's own, which nobody has set up. */
  freshGatehouse: Gatehouse;
  /** What the browser says against the pages; whatever a test is about, there must be nothing left at its end. */
  complaints: string[];
}

/** Collects what the browser says against a page: refused by the policy (HT-03), or an error that nobody caught. */
async function watch(context: BrowserContext): Promise<string[]> {
  const complaints: string[] = [];
  await context.exposeBinding('reportViolation', (_source, text: string) => complaints.push(text));
  await context.addInitScript(() => {
    document.addEventListener(
      'securitypolicyviolation',
      ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
        const report = (window as unknown as { reportViolation(text: string): void }).reportViolation;
        report(`policy: ${violatedDirective} refuses ${blockedURI} at ${sourceFile}:${lineNumber}`);
      },
    );
  });
  context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
  context.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  return complaints;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  environment: [{}, { option: true, scope: 'worker' }],
  gatehouse: [
    async ({ environment }, use) => {
      await ensureBuilt(); // the pages that are tested are made of the sources as they are now
      const gatehouse = await createGatehouse(environment);
      await gatehouse.start();
      await use(gatehouse);
      await gatehouse.remove();
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  administrator: [
    async ({ gatehouse }, use) => {
      const administrator = newAccount();
      const secret = new URL(await gatehouse.setupLink()).hash.replace('#secret=', '');
      const response = await post(gatehouse.url, '/api/setup', { secret, ...administrator, transport: 'token' });
      expect(response.status, await response.text()).toBe(201);
      await use(administrator);
    },
    { scope: 'worker', auto: true },
  ],
  baseURL: async ({ gatehouse }, use) => use(gatehouse.url),
  account: async ({ gatehouse }, use) => use(await register(gatehouse.url)),
  freshGatehouse: async ({ environment }, use) => {
    const gatehouse = await createGatehouse(environment);
    await gatehouse.start();
    await use(gatehouse);
    await gatehouse.remove();
  },
  complaints: [
    async ({ context }, use) => {
      const complaints = await watch(context);
      await use(complaints);
      expect(complaints, 'what the browser says against the pages').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
