// What the tests of a deploy change in a checkout, and how they look at what is served.
import { chromium } from '@playwright/test';
import type { Page } from '@playwright/test';
import { startLoad } from './load.ts';
import type { Visit } from './load.ts';
import type { Site } from './site.ts';

const PASSWORD = 'seven lanterns over a quiet harbour';

export interface Account {
  username: string;
  accessToken: string;
}

async function post(
  site: Site,
  path: string,
  body: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(site.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** By the link in a deploy's output, as an administrator would. */
export async function useSetupLink(site: Site, output: string): Promise<Account> {
  const secret = /\/setup#secret=([\w-]+)/.exec(output)?.[1] ?? '';
  const who = { username: 'ada', email: 'ada@gate.test', password: PASSWORD, transport: 'token' };
  const { status, body } = await post(site, '/api/setup', { secret, ...who });
  if (status !== 201) throw new Error(`set-up was answered ${status}: ${JSON.stringify(body)}`);
  return { username: 'ada', accessToken: String(body['accessToken']) };
}

/** Several: where one account logs in twice a second, more attempts than it may have under way can meet while the machine is busy. */
async function signUpVisitors(site: Site): Promise<string[]> {
  const names = ['bea', 'cyd', 'dan', 'eve'];
  for (const username of names) {
    const who = { username, email: `${username}@gate.test`, password: PASSWORD, transport: 'token' };
    const { status, body } = await post(site, '/api/auth/register', who);
    // 409: they have been here before.
    if (status !== 201 && status !== 409) throw new Error(`sign-up was answered ${status}: ${JSON.stringify(body)}`);
  }
  return names;
}

/** API reads, log-ins (two a second), pages and their script, 100 requests a second in all. */
export async function startVisitors(site: Site, account: Account): Promise<ReturnType<typeof startLoad>> {
  const html = await (await fetch(`${site.url}/sign-in`)).text();
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
  const read: Visit = {
    name: 'API',
    path: '/api/auth/me',
    fields: { Authorization: `Bearer ${account.accessToken}` },
  };
  const page: Visit = { name: 'page', path: '/sign-in' };
  const asset: Visit = { name: 'asset', path: script };
  const logIns = (await signUpVisitors(site)).map((identifier): Visit => ({
    name: 'log-in',
    path: '/api/auth/login',
    method: 'POST',
    body: JSON.stringify({ identifier, password: PASSWORD, transport: 'token' }),
  }));
  const round = Array.from({ length: 49 }, (_, index) => [read, page, read, asset][index % 4] as Visit);
  return startLoad({ port: site.port, perSecond: 100, visits: logIns.flatMap((logIn) => [logIn, ...round]) });
}

/** A release that differs in each part: the server, a chunk of the pages that is loaded late, and the tables. */
export function prepareNextRelease(site: Site, heading: string): void {
  site.change('web/features/auth/sign-up-page.tsx', 'title={texts.title}', `title="${heading}"`);
  site.write(
    'src/database/migrations/9999-canary.ts',
    `import type { Migration } from '../migrate.ts';
export const canary: Migration = {
  name: '9999-canary',
  async up(query) {
    await query.schema.createTable('canaries').addColumn('id', 'text', (column) => column.primaryKey()).execute();
  },
};
`,
  );
  site.change('src/database/migrations/index.ts', '];', ', canary];');
  site.change(
    'src/database/migrations/index.ts',
    'import type',
    "import { canary } from './9999-canary.ts';\nimport type",
  );
}

/** One whose server ends at once. */
export function prepareBrokenRelease(site: Site): void {
  site.change('src/main.ts', 'await main();', "throw new Error('a release that cannot run');");
}

const ARGUMENTS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** Opens the sign-in page in a browser, and gives back what its visitor finds by going on from it. */
export async function openPage(
  site: Site,
): Promise<{ goOn(): Promise<string>; faults: string[]; close(): Promise<void> }> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS.split(' ') });
  const page = await browser.newPage({ locale: 'en-GB' });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('response', (response) => {
    if (response.status() >= 400 && response.url().includes('/assets/'))
      faults.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(`${site.url}/sign-in`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { goOn: () => goToSignUp(page), faults, close: () => browser.close() };
}

/** Its chunk is loaded now, by the name that the page knew when it was opened. */
async function goToSignUp(page: Page): Promise<string> {
  await page.getByRole('link', { name: /sign up|create/i }).click();
  await page.waitForURL('**/sign-up');
  const heading = page.getByRole('heading', { level: 1 });
  await page.getByLabel('E-mail', { exact: false }).first().waitFor();
  return (await heading.textContent()) ?? '';
}
