// The ways in. Each sets the session cookie and leaves an access token in memory.
import { call, session } from './client.ts';

const transport = 'cookie';

interface NewAccount {
  username: string;
  email: string;
  password: string;
}

/** @throws Refusal */
export function signIn(credentials: { identifier: string; password: string }): Promise<void> {
  return session.signIn(async () => (await call('logIn', { body: { ...credentials, transport } })).body);
}

/** @throws Refusal */
export function signUp(account: NewAccount): Promise<void> {
  return session.signIn(async () => (await call('register', { body: { ...account, transport } })).body);
}

/** @throws Refusal */
export function setUp(secret: string, account: NewAccount): Promise<void> {
  return session.signIn(async () => {
    const { body } = await call('setUp', { body: { secret, ...account, transport } });
    return body;
  });
}
