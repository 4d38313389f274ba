import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/client.ts';

/** The key begins with whom it is about, so that nobody sees what was loaded for somebody else. */
export const me = (userId: string) =>
  queryOptions({
    queryKey: [userId, 'me'],
    queryFn: async ({ signal }) => (await call('getMe', {}, { signal })).body,
  });

/** Ends every other session of the account. @throws Refusal */
export async function changePassword(input: { currentPassword: string; newPassword: string }): Promise<void> {
  await call('changePassword', { body: input });
}
