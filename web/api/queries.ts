// What pages read. A key begins with whom it is about, so that nobody sees what was loaded for somebody else.
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

export const signInOptions = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: async ({ signal }) => (await call('getSignInOptions', {}, { signal })).body,
});

export const me = (userId: string) =>
  queryOptions({
    queryKey: [userId, 'me'],
    queryFn: async ({ signal }) => (await call('getMe', {}, { signal })).body,
  });
