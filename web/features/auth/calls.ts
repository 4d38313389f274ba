// Each signs in: sets the session cookie, and leaves an access token in memory.
import { call, session } from '../../api/client.ts';
import type { NewAccount } from '../../forms/new-account-form.tsx';

/** @throws Refusal */
export function signIn(credentials: { identifier: string; password: string }): Promise<void> {
  return session.signIn(async () => (await call('logIn', { body: { ...credentials, transport: 'cookie' } })).body);
}

/** @throws Refusal */
export function signUp(account: NewAccount): Promise<void> {
  return session.signIn(async () => (await call('register', { body: { ...account, transport: 'cookie' } })).body);
}
