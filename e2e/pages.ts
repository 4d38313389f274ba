// Every page, and every state of one that looks different: for what must hold for all of them.
import { expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import { problems } from '../src/contract/problem.ts';
import type { Texts } from '../web/texts/texts.ts';
import { fillSignIn, signIn } from './accounts.ts';
import type { Account } from './accounts.ts';
import { beginningOf, linkIn, texts as english } from './texts.ts';

interface Steps {
  name: string;
  show: (page: Page, account: Account, texts: Texts) => Promise<void>;
}

export interface Scene {
  name: string;
  /** Whether somebody is signed in. */
  signedIn: boolean;
  /** @param texts what the pages say, where that is not English */
  show: (page: Page, account: Account, texts?: Texts) => Promise<void>;
}

const heading = (page: Page, text: string) => expect(page.getByRole('heading', { level: 1 })).toHaveText(text);

const unavailable = {
  status: 503,
  contentType: 'application/problem+json',
  headers: { 'Retry-After': '30' },
  body: JSON.stringify({
    type: 'urn:gatehouse:problem:unavailable',
    title: problems.unavailable.title,
    status: 503,
    requestId: '0199f3a2-77aa-7c1e-9d53-0c1d2e3f4a5b',
  }),
};

const forStrangers: Steps[] = [
  {
    name: 'sign-in',
    show: async (page, _account, texts) => {
      await page.goto('/sign-in');
      await expect(page.getByRole('link', { name: linkIn(texts.signIn.newHere) })).toBeVisible();
    },
  },
  {
    name: 'sign-in, refused',
    show: async (page, account, texts) => {
      await page.goto('/sign-in');
      await fillSignIn(page, account.username, 'not the password at all', texts);
      await page.getByRole('button', { name: texts.signIn.submit }).click();
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
  {
    name: 'sign-in, not available',
    show: async (page, account, texts) => {
      await page.route('**/api/auth/login', (route) => route.fulfill(unavailable));
      await page.goto('/sign-in');
      await fillSignIn(page, account.username, account.password, texts);
      await page.getByRole('button', { name: texts.signIn.submit }).click();
      await expect(page.getByRole('alert')).toContainText(beginningOf(texts.alert.requestId));
    },
  },
  {
    name: 'sign-up',
    show: async (page, _account, texts) => {
      await page.goto('/sign-up');
      await expect(page.getByLabel(texts.fields.username)).toBeVisible();
    },
  },
  {
    name: 'sign-up, loading',
    show: async (page, _account, texts) => {
      await page.route('**/api/auth/options', () => undefined);
      await page.goto('/sign-up');
      await heading(page, texts.signUp.title);
    },
  },
  {
    name: 'sign-up, with faults and a weak password',
    show: async (page, _account, texts) => {
      await page.goto('/sign-up');
      await page.getByLabel(texts.fields.password, { exact: true }).fill('passwordpassword');
      await expect(page.getByText(texts.newPassword.strength.refused)).toBeVisible();
      await page.getByRole('button', { name: texts.signUp.submit, exact: true }).click();
      await expect(page.getByLabel(texts.fields.username)).toBeFocused();
    },
  },
  {
    name: 'sign-up, with a proposed passphrase',
    show: async (page, _account, texts) => {
      await page.goto('/sign-up');
      await page.getByRole('button', { name: texts.newPassword.suggest }).click();
      await expect(page.getByText(texts.newPassword.strength.scores[4])).toBeVisible();
    },
  },
  {
    name: 'set-up without a link',
    show: async (page, _account, texts) => {
      await page.goto('/setup');
      await expect(page.getByText(beginningOf(texts.setUp.alreadySetUp))).toBeVisible();
    },
  },
  {
    name: 'set-up with a link',
    show: async (page, _account, texts) => {
      await page.goto('/setup#secret=abcdefghijklmnopqrstuvwxyz');
      await expect(page.getByRole('button', { name: texts.setUp.submit })).toBeVisible();
    },
  },
  {
    name: 'not found',
    show: async (page, _account, texts) => {
      await page.goto('/nowhere');
      await heading(page, texts.notFound.title);
    },
  },
  {
    name: 'outage',
    show: async (page, _account, texts) => {
      await page.route('**/api/auth/refresh', (route) => route.fulfill(unavailable));
      await page.goto('/sign-in');
      await heading(page, texts.outage.title);
    },
  },
];

const forUsers: Steps[] = [
  {
    name: 'account',
    show: async (page, _account, texts) =>
      expect(page.getByRole('region', { name: texts.account.session.title })).toContainText('127.0.0.1'),
  },
  {
    name: 'account, loading',
    show: async (page, _account, texts) => {
      await page.route('**/api/auth/me', () => undefined);
      await page.reload();
      await expect(page.getByRole('region', { name: texts.account.session.title })).toBeVisible();
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
    show: async (page, account, texts) => {
      await page.getByRole('button', { name: account.username }).click();
      await expect(page.getByRole('button', { name: texts.frame.signOut })).toBeVisible();
    },
  },
  {
    name: 'password',
    show: async (page, _account, texts) => {
      await page.goto('/account/password');
      await expect(page.getByText(texts.newPassword.rule(15))).toBeVisible();
    },
  },
  {
    name: 'password, changed',
    show: async (page, account, texts) => {
      await page.goto('/account/password');
      await page.getByLabel(texts.changePassword.current).fill(account.password);
      await page.getByLabel(texts.changePassword.new).fill('nine slow rivers under glass');
      await page.getByRole('button', { name: texts.changePassword.submit }).click();
      await expect(page.getByRole('status')).toBeVisible();
    },
  },
];

export const scenes: readonly Scene[] = [
  ...forStrangers.map(({ name, show }) => ({
    name,
    signedIn: false,
    show: (page: Page, account: Account, texts: Texts = english) => show(page, account, texts),
  })),
  ...forUsers.map(({ name, show }) => ({
    name,
    signedIn: true,
    show: async (page: Page, account: Account, texts: Texts = english) => {
      await signIn(page, account, texts);
      await show(page, account, texts);
    },
  })),
];
