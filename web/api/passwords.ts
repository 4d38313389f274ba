import { call } from './client.ts';

interface PasswordInContext {
  password: string;
  username?: string;
  email?: string;
}

/** What the server would say to this password. @throws Refusal */
export async function assessPassword(input: PasswordInContext, signal: AbortSignal) {
  return (await call('assessPassword', { body: input }, { signal })).body;
}

/** Ends every other session of the account. @throws Refusal */
export async function changePassword(input: { currentPassword: string; newPassword: string }): Promise<void> {
  await call('changePassword', { body: input });
}
