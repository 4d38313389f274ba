// The texts of the pages in English.
import type { Formats } from '../formats.ts';
import { timeAway } from '../time-away.ts';
import { account, changePassword } from './account.ts';
import { fields, newPassword } from './forms.ts';
import { brokenPage, frame, notFound, outage, signOutFailed } from './frame.ts';
import { alert, refusals } from './refusals.ts';
import { setUp, signIn, signUp } from './sign-in.ts';

export const english = (formats: Formats) => ({
  product: 'Gatehouse',
  frame,
  signOutFailed,
  notFound,
  brokenPage,
  outage,
  refusals,
  alert: alert(formats),
  fields,
  newPassword: newPassword(formats),
  signIn,
  signUp,
  setUp,
  account: account(formats),
  changePassword,
  /** Instants are in milliseconds since 1970. */
  times: {
    relative: (at: number, now: number) => timeAway(at, now, formats, { past: 'just now', future: 'in a moment' }),
    exact: formats.exactTime,
  },
});
