// People for the tests, made over the API; and what one of them does in a page to get in and out.
import { randomBytes } from 'node:crypto';
import { expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import type { Texts } from '../web/texts/texts.ts';
import { texts as english } from './texts.ts';

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

/** @param texts what the page says, where that is not English */
export async function fillSignIn(page: Page, identifier: string, password: string, texts = english): Promise<void> {
  await page.getByLabel(texts.signIn.identifier).fill(identifier);
  await page.getByLabel(texts.fields.password, { exact: true }).fill(password);
}

export async function signIn(page: Page, { username, password }: Account, texts: Texts = english): Promise<void> {
  await page.goto('/sign-in');
  await fillSignIn(page, username, password, texts);
  await page.getByRole('button', { name: texts.signIn.submit }).click();
  await expectAccount(page, username, texts);
}

export async function fillNewAccount(page: Page, { username, email, password }: Account): Promise<void> {
  await page.getByLabel(english.fields.username).fill(username);
  await page.getByLabel(english.fields.email).fill(email);
  await page.getByLabel(english.fields.password, { exact: true }).fill(password);
}

export async function expectAccount(page: Page, username: string, texts = english): Promise<void> {
  await expect(page).toHaveURL('/account');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(texts.account.title);
  await expect(page.getByRole('region', { name: texts.account.profile.title })).toContainText(username);
}

export async function expectSignIn(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/sign-in(\?|$)/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(english.signIn.title);
}

/** By the user's menu, which opens on its name. */
export async function signOut(page: Page, { username }: Account): Promise<void> {
  await page.getByRole('button', { name: username }).click();
  await page.getByRole('button', { name: english.frame.signOut }).click();
}
