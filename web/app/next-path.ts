// Where somebody wanted to go before they were asked to sign in. It comes from the address bar, so it may say anything.
import { pages } from '#contract/pages.ts';

/** A path of this site: one slash, then no second one and no backslash, which browsers read as one. */
const isOwnPath = (text: string): boolean => /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(text);

/** @returns the path in `?next=`, or the account where there is none that can be trusted */
export function nextPath(search: string): string {
  const next = new URLSearchParams(search).get('next');
  return next !== null && isOwnPath(next) ? next : pages.account;
}

/** The address of the sign-in page, from which `nextPath` leads back. */
export function signInPath(from: { pathname: string; search: string }): string {
  const next = from.pathname + from.search;
  if (next === pages.account || next === '/') return pages.signIn;
  return `${pages.signIn}?${new URLSearchParams({ next }).toString().replaceAll('%2F', '/')}`;
}
