// The addresses of the pages. Server and pages take them from here, and so does whatever links to a page.
export const pages = {
  signIn: '/sign-in',
  signUp: '/sign-up',
  setup: '/setup',
  account: '/account',
  password: '/account/password',
} as const;

/** The name of a link's secret behind the `#`: no browser sends that part to a server, so no proxy can log it. */
export const SECRET_IN_FRAGMENT = 'secret';

/** @param publicUrl the origin of this installation, without a slash at its end */
export function setupLink(publicUrl: string, secret: string): string {
  return `${publicUrl}${pages.setup}#${SECRET_IN_FRAGMENT}=${encodeURIComponent(secret)}`;
}
