import { createBrowserRouter, Navigate } from 'react-router';
import type { RouteObject } from 'react-router';
import { pages } from '#contract/pages.ts';
import { takeSetupSecret } from '../features/setup/setup-secret.ts';
import { BarePage } from './bare-page.tsx';
import { ErrorPage } from './error-boundary.tsx';
import { SignedInOnly, SignedOutOnly } from './guards.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { Root } from './root.tsx';
import { Waiting } from './waiting.tsx';

const signInPages: RouteObject[] = [
  {
    element: <SignedOutOnly />,
    children: [
      {
        path: pages.signIn,
        lazy: async () => ({ Component: (await import('../features/auth/sign-in-page.tsx')).SignInPage }),
      },
      {
        path: pages.signUp,
        lazy: async () => ({ Component: (await import('../features/auth/sign-up-page.tsx')).SignUpPage }),
      },
    ],
  },
  {
    path: pages.setup,
    lazy: async () => ({ Component: (await import('../features/setup/setup-page.tsx')).SetupPage }),
  },
  { path: '*', element: <NotFoundPage /> },
];

const accountPages: RouteObject[] = [
  {
    path: pages.account,
    lazy: async () => ({ Component: (await import('../features/account/account-page.tsx')).AccountPage }),
  },
  {
    path: pages.password,
    lazy: async () => ({ Component: (await import('../features/account/password-page.tsx')).PasswordPage }),
  },
];

const routes: RouteObject[] = [
  {
    element: <Root />,
    errorElement: <ErrorPage />,
    hydrateFallbackElement: <Waiting />,
    children: [
      { index: true, element: <Navigate to={pages.account} replace /> },
      { element: <BarePage />, errorElement: <ErrorPage />, children: signInPages },
      {
        element: <SignedInOnly />,
        errorElement: <ErrorPage />,
        children: [
          { lazy: async () => ({ Component: (await import('./layout.tsx')).Layout }), children: accountPages },
        ],
      },
    ],
  },
];

export function createRouter() {
  takeSetupSecret();
  return createBrowserRouter(routes);
}
