// People for the tests, made over the API; and what one of them does in a page to get in and out.
import { randomBytes } from 'node:crypto';
import { expect } from '@playwright/test';
import type { Page } from '@playwright/test';

export interface Account {
  username: string;
  email: string;
  password: string;
}

export function newAccount(): Account {
  const username = `u${randomBytes(6).toString('hex')}`;
  return { username, email: `${username}@example.org`, password: 'quiet harbour lantern nine' };
}

export async function post(url: string, endpoint: string, body: unknown): Promise<Response> {
  return await fetch(`${url}${endpoint}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

export async function register(url: string, account = newAccount()): Promise<Account> {
  const response = await post(url, '/api/auth/register', { ...account, transport: 'token' });
  expect(response.status, await response.clone().text()).toBe(201);
  return account;
}

/** The program's way in: an access token in the answer. */
export async function accessToken(url: string, { username, password }: Account): Promise<string> {
  const response = await post(url, '/api/auth/login', { identifier: username, password, transport: 'token' });
  expect(response.status).toBe(200);
  return ((await response.json()) as { accessToken: string }).accessToken;
}

export async function fillSignIn(page: Page, identifier: string, password: string): Promise<void> {
  await page.getByLabel('User name or e-mail address').fill(identifier);
  await page.getByLabel('Password', { exact: true }).fill(password);
}

export async function signIn(page: Page, { username, password }: Account): Promise<void> {
  await page.goto('/sign-in');
  await fillSignIn(page, username, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expectAccount(page, username);
}

export async function fillNewAccount(page: Page, { username, email, password }: Account): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
}

export async function expectAccount(page: Page, username: string): Promise<void> {
  await expect(page).toHaveURL('/account');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account');
  await expect(page.getByRole('region', { name: 'Profile' })).toContainText(username);
}

export async function expectSignIn(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/sign-in(\?|$)/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
}

/** By the user's menu, which opens on its name. */
export async function signOut(page: Page, { username }: Account): Promise<void> {
  await page.getByRole('button', { name: username }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
}
