// The address of each page.
export const paths = {
  signIn: '/sign-in',
  signUp: '/sign-up',
  setup: '/setup',
  account: '/account',
  password: '/account/password',
} as const;
