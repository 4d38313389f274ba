import { queryOptions } from '@tanstack/react-query';
import type { Received } from '../api/call.ts';
import { call } from '../api/client.ts';

/** What a password must be, as the server is configured. */
export type PasswordRules = Received<'getSignInOptions'>['password'];

/** What every form for a new account or password begins with. */
export const signInOptions = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: async ({ signal }) => (await call('getSignInOptions', {}, { signal })).body,
});
