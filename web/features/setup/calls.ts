import { call, session } from '../../api/client.ts';
import type { NewAccount } from '../../forms/new-account-form.tsx';

/** Makes the first administrator and signs in as them. @throws Refusal */
export function setUp(secret: string, account: NewAccount): Promise<void> {
  return session.signIn(async () => {
    const { body } = await call('setUp', { body: { secret, ...account, transport: 'cookie' } });
    return body;
  });
}
