import { describe, expect, it } from 'vitest';
import { addresses, answerFor, invalidToken, openTab, outage } from '../testing/fake-server.ts';
import { createCall } from './call.ts';
import { addresses as allAddresses } from './endpoints.ts';

async function open() {
  const tab = openTab();
  const call = createCall({ addresses: { ...allAddresses, ...addresses }, request: tab.request, session: tab.session });
  await tab.session.signIn(async () => answerFor('ada', 'token-1'));
  return { ...tab, call };
}

describe('a call', () => {
  it('carries the access token where the endpoint needs a session', async () => {
    const { call, asked } = await open();
    await call('getMe', {});
    expect(asked).toEqual([{ path: '/api/auth/me', token: 'token-1' }]);
  });

  it('carries none where it does not', async () => {
    const { call, asked } = await open();
    await call('getSignInOptions', {});
    await call('logOut', { body: {} });
    expect(asked.map(({ token }) => token)).toEqual([undefined, undefined]);
  });

  it('is repeated once, with a new token, where the token was refused', async () => {
    const { call, asked, replies } = await open();
    replies.push(invalidToken, answerFor('ada', 'token-2'), undefined);
    await call('getMe', {});
    expect(asked.map(({ path, token }) => [path, token])).toEqual([
      ['/api/auth/me', 'token-1'],
      ['/api/auth/refresh', undefined],
      ['/api/auth/me', 'token-2'],
    ]);
  });

  it('is not repeated twice', async () => {
    const { call, asked, replies } = await open();
    replies.push(invalidToken, answerFor('ada', 'token-2'), invalidToken);
    await expect(call('getMe', {})).rejects.toBe(invalidToken);
    expect(asked).toHaveLength(3);
  });

  it('is not repeated after another refusal', async () => {
    const { call, asked, replies } = await open();
    replies.push(outage);
    await expect(call('getMe', {})).rejects.toBe(outage);
    expect(asked).toHaveLength(1);
  });
});
