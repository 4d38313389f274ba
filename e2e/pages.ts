// Every page, and every state of one that looks different: for what must hold for all of them.
import { expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import { fillSignIn, signIn } from './accounts.ts';
import type { Account } from './accounts.ts';

export interface Scene {
  name: string;
  /** Whether somebody is signed in. */
  signedIn: boolean;
  show: (page: Page, account: Account) => Promise<void>;
}

const heading = (page: Page, text: string) => expect(page.getByRole('heading', { level: 1 })).toHaveText(text);

const unavailable = {
  status: 503,
  contentType: 'application/problem+json',
  headers: { 'Retry-After': '30' },
  body: JSON.stringify({
    type: 'urn:gatehouse:problem:unavailable',
    title: 'The service is not available at the moment',
    status: 503,
    requestId: '0199f3a2-77aa-7c1e-9d53-0c1d2e3f4a5b',
  }),
};

const forStrangers: Omit<Scene, 'signedIn'>[] = [
  {
    name: 'sign-in',
    show: async (page) => {
      await page.goto('/sign-in');
      await expect(page.getByRole('link', { name: 'Sign up' })).toBeVisible();
    },
  },
  {
    name: 'sign-in, refused',
    show: async (page, account) => {
      await page.goto('/sign-in');
      await fillSignIn(page, account.username, 'not the password at all');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
  {
    name: 'sign-in, not available',
    show: async (page, account) => {
      await page.route('**/api/auth/login', (route) => route.fulfill(unavailable));
      await page.goto('/sign-in');
      await fillSignIn(page, account.username, account.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('alert')).toContainText('Request');
    },
  },
  {
    name: 'sign-up',
    show: async (page) => {
      await page.goto('/sign-up');
      await expect(page.getByLabel('User name')).toBeVisible();
    },
  },
  {
    name: 'sign-up, loading',
    show: async (page) => {
      await page.route('**/api/auth/options', () => undefined);
      await page.goto('/sign-up');
      await heading(page, 'Sign up');
    },
  },
  {
    name: 'sign-up, with faults and a weak password',
    show: async (page) => {
      await page.goto('/sign-up');
      await page.getByLabel('Password', { exact: true }).fill('passwordpassword');
      await expect(page.getByText('Cannot be used')).toBeVisible();
      await page.getByRole('button', { name: 'Sign up', exact: true }).click();
      await expect(page.getByLabel('User name')).toBeFocused();
    },
  },
  {
    name: 'sign-up, with a proposed passphrase',
    show: async (page) => {
      await page.goto('/sign-up');
      await page.getByRole('button', { name: 'Propose a passphrase' }).click();
      await expect(page.getByText('Very strong')).toBeVisible();
    },
  },
  {
    name: 'set-up without a link',
    show: async (page) => {
      await page.goto('/setup');
      await expect(page.getByText('has its administrator already')).toBeVisible();
    },
  },
  {
    name: 'set-up with a link',
    show: async (page) => {
      await page.goto('/setup#secret=abcdefghijklmnopqrstuvwxyz');
      await expect(page.getByRole('button', { name: 'Make administrator' })).toBeVisible();
    },
  },
  {
    name: 'not found',
    show: async (page) => {
      await page.goto('/nowhere');
      await heading(page, 'There is no page here');
    },
  },
  {
    name: 'outage',
    show: async (page) => {
      await page.route('**/api/auth/refresh', (route) => route.fulfill(unavailable));
      await page.goto('/sign-in');
      await heading(page, 'Not available');
    },
  },
];

const forUsers: Omit<Scene, 'signedIn'>[] = [
  {
    name: 'account',
    show: async (page) => expect(page.getByRole('region', { name: 'This session' })).toContainText('127.0.0.1'),
  },
  {
    name: 'account, loading',
    show: async (page) => {
      await page.route('**/api/auth/me', () => undefined);
      await page.reload();
      await expect(page.getByRole('region', { name: 'This session' })).toBeVisible();
    },
  },
  {
    name: 'account, not available',
    show: async (page) => {
      await page.route('**/api/auth/me', (route) => route.fulfill(unavailable));
      await page.reload();
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
  {
    name: 'account, with the menu',
    show: async (page, account) => {
      await page.getByRole('button', { name: account.username }).click();
      await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
    },
  },
  {
    name: 'password',
    show: async (page) => {
      await page.goto('/account/password');
      await expect(page.getByText('At least 15 characters.')).toBeVisible();
    },
  },
  {
    name: 'password, changed',
    show: async (page, account) => {
      await page.goto('/account/password');
      await page.getByLabel('Current password').fill(account.password);
      await page.getByLabel('New password').fill('nine slow rivers under glass');
      await page.getByRole('button', { name: 'Change password' }).click();
      await expect(page.getByRole('status')).toBeVisible();
    },
  },
];

export const scenes: readonly Scene[] = [
  ...forStrangers.map((scene) => ({ ...scene, signedIn: false })),
  ...forUsers.map((scene) => ({
    ...scene,
    signedIn: true,
    show: async (page: Page, account: Account) => {
      await signIn(page, account);
      await scene.show(page, account);
    },
  })),
];
