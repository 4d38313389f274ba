import { createBrowserRouter, Navigate } from 'react-router';
import type { RouteObject } from 'react-router';
import { takeSetupSecret } from '../features/setup/setup-secret.ts';
import { BarePage } from './bare-page.tsx';
import { ErrorPage } from './error-boundary.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { paths } from './paths.ts';
import { Root } from './root.tsx';
import { Waiting } from './waiting.tsx';
import { SignedInOnly, SignedOutOnly } from './session.tsx';

const signInPages: RouteObject[] = [
  {
    element: <SignedOutOnly />,
    children: [
      {
        path: paths.signIn,
        lazy: async () => ({ Component: (await import('../features/auth/sign-in-page.tsx')).SignInPage }),
      },
      {
        path: paths.signUp,
        lazy: async () => ({ Component: (await import('../features/auth/sign-up-page.tsx')).SignUpPage }),
      },
    ],
  },
  {
    path: paths.setup,
    lazy: async () => ({ Component: (await import('../features/setup/setup-page.tsx')).SetupPage }),
  },
  { path: '*', element: <NotFoundPage /> },
];

const accountPages: RouteObject[] = [
  {
    path: paths.account,
    lazy: async () => ({ Component: (await import('../features/account/account-page.tsx')).AccountPage }),
  },
  {
    path: paths.password,
    lazy: async () => ({ Component: (await import('../features/account/password-page.tsx')).PasswordPage }),
  },
];

const routes: RouteObject[] = [
  {
    element: <Root />,
    errorElement: <ErrorPage />,
    hydrateFallbackElement: <Waiting />,
    children: [
      { index: true, element: <Navigate to={paths.account} replace /> },
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
