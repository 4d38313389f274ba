import { describe, expect, it } from 'vitest';
import { answerFor, invalidToken, openTab, outage } from '../testing/fake-server.ts';
import type { TabMessage } from './tabs.ts';

async function signedIn(userId = 'ada', expiresIn = 300, wires: ((message: TabMessage) => void)[] = []) {
  const tab = openTab(wires);
  await tab.session.signIn(async () => answerFor(userId, 'token-1', expiresIn));
  return tab;
}

describe('the start', () => {
  it('is signed in where the server renews the cookie', async () => {
    const { session, replies } = openTab();
    replies.push(answerFor('ada', 'token-1'));
    expect(session.state().phase).toBe('restoring');
    await session.restore();
    expect(session.state()).toMatchObject({ phase: 'signed-in', user: { id: 'ada' } });
  });

  it('is signed out only by the word of the server', async () => {
    const { session, replies } = openTab();
    replies.push(invalidToken);
    await session.restore();
    expect(session.state()).toEqual({ phase: 'signed-out', because: 'never' });
  });

  it('knows neither in an outage, and goes on when that is over', async () => {
    const { session, replies } = openTab();
    replies.push(outage, outage, answerFor('ada', 'token-1'));
    await session.restore();
    expect(session.state()).toEqual({ phase: 'unreachable', refusal: outage });
    await session.restore();
    expect(session.state().phase).toBe('unreachable');
    await session.restore();
    expect(session.state().phase).toBe('signed-in');
  });

  it('tells those who watch, until they stop', async () => {
    const { session, replies } = openTab();
    const seen: string[] = [];
    const stop = session.subscribe(() => seen.push(session.state().phase));
    replies.push(answerFor('ada', 'token-1'), undefined);
    await session.restore();
    stop();
    await session.signOut();
    expect(seen).toEqual(['signed-in']);
  });
});

describe('the access token', () => {
  it('is used as long as it is fresh, without asking anybody', async () => {
    const { session, asked, clock } = await signedIn();
    clock.now += 269_000;
    expect(await session.credential()).toMatchObject({ token: 'token-1', userId: 'ada' });
    expect(asked).toEqual([]);
  });

  it('is renewed shortly before it expires', async () => {
    const { session, asked, replies, clock } = await signedIn();
    clock.now += 271_000;
    replies.push(answerFor('ada', 'token-2'));
    expect(await session.credential()).toMatchObject({ token: 'token-2' });
    expect(asked).toEqual([{ path: '/api/auth/refresh', token: undefined }]);
  });

  it('is not renewed all the time where it lives only seconds', async () => {
    const { session, asked, clock } = await signedIn('ada', 10);
    clock.now += 6_900;
    await session.credential();
    expect(asked).toEqual([]);
  });

  it('is renewed once for all who ask at the same time', async () => {
    const { session, asked, replies, clock } = await signedIn();
    clock.now += 300_000;
    replies.push(answerFor('ada', 'token-2'));
    const credentials = await Promise.all([session.credential(), session.credential(), session.credential()]);
    expect(new Set(credentials.map(({ token }) => token))).toEqual(new Set(['token-2']));
    expect(asked).toHaveLength(1);
  });

  it('ends the session where the server says that it is over', async () => {
    const { session, replies, clock, forgotten } = await signedIn();
    clock.now += 300_000;
    replies.push(invalidToken);
    await expect(session.credential()).rejects.toBe(invalidToken);
    expect(session.state()).toEqual({ phase: 'signed-out', because: 'ended' });
    expect(forgotten()).toBe(1);
  });

  it('does not end it in an outage', async () => {
    const { session, replies, clock, forgotten } = await signedIn();
    clock.now += 300_000;
    replies.push(outage);
    await expect(session.credential()).rejects.toBe(outage);
    expect(session.state().phase).toBe('signed-in');
    expect(forgotten()).toBe(0);
  });
});

describe('a token that was refused', () => {
  it('is replaced by one renewal', async () => {
    const { session, asked, replies } = await signedIn();
    const rejected = await session.credential();
    replies.push(answerFor('ada', 'token-2'));
    expect(await session.renewAfter(rejected, invalidToken)).toMatchObject({ token: 'token-2' });
    expect(asked).toHaveLength(1);
  });

  it('needs none where another call has renewed it already', async () => {
    const { session, asked, replies } = await signedIn();
    const rejected = await session.credential();
    replies.push(answerFor('ada', 'token-2'));
    await session.renewAfter(rejected, invalidToken);
    expect(await session.renewAfter(rejected, invalidToken)).toMatchObject({ token: 'token-2' });
    expect(asked).toHaveLength(1);
  });

  it('is not replaced by that of somebody else who has signed in meanwhile', async () => {
    const { session, replies, forgotten } = await signedIn();
    const rejected = await session.credential();
    replies.push(answerFor('grace', 'token-of-grace'));
    await expect(session.renewAfter(rejected, invalidToken)).rejects.toBe(invalidToken);
    expect(session.state()).toMatchObject({ phase: 'signed-in', user: { id: 'grace' } });
    expect(forgotten()).toBe(1);
    await expect(session.renewAfter(rejected, invalidToken)).rejects.toBe(invalidToken);
  });
});

describe('signing out', () => {
  it('asks the server by the cookie alone, then forgets everything', async () => {
    const { session, asked, replies, forgotten } = await signedIn();
    replies.push(undefined);
    await session.signOut();
    expect(asked).toEqual([{ path: '/api/auth/logout', token: undefined }]);
    expect(session.state()).toEqual({ phase: 'signed-out', because: 'here' });
    expect(forgotten()).toBe(1);
  });

  it('is done where the session was over already', async () => {
    const { session, replies } = await signedIn();
    replies.push(invalidToken);
    await session.signOut();
    expect(session.state()).toEqual({ phase: 'signed-out', because: 'here' });
  });

  it('is not done where the server cannot be reached', async () => {
    const { session, replies, forgotten } = await signedIn();
    replies.push(outage);
    await expect(session.signOut()).rejects.toBe(outage);
    expect(session.state().phase).toBe('signed-in');
    expect(forgotten()).toBe(0);
  });

  it('is not undone by a renewal that was on its way', async () => {
    const { session, replies, clock } = await signedIn();
    const { promise, resolve } = Promise.withResolvers<ReturnType<typeof answerFor>>();
    clock.now += 300_000;
    replies.push(promise, undefined);
    const late = session.credential();
    await session.signOut();
    resolve(answerFor('ada', 'token-2'));
    await expect(late).rejects.toMatchObject({ problem: 'invalid-token' });
    expect(session.state()).toEqual({ phase: 'signed-out', because: 'here' });
  });
});

describe('tabs of one browser', () => {
  it('sign out together', async () => {
    const wires: ((message: TabMessage) => void)[] = [];
    const [first, second] = [await signedIn('ada', 300, wires), openTab(wires)];
    second.replies.push(answerFor('ada', 'token-2'));
    await second.session.restore();
    first.replies.push(undefined);
    await first.session.signOut();
    expect(second.session.state()).toEqual({ phase: 'signed-out', because: 'elsewhere' });
    expect(second.forgotten()).toBe(1);
    expect(first.session.state()).toEqual({ phase: 'signed-out', because: 'here' });
  });

  it('sign in together, each with a token of its own', async () => {
    const wires: ((message: TabMessage) => void)[] = [];
    const waiting = openTab(wires);
    waiting.replies.push(invalidToken);
    await waiting.session.restore();
    waiting.replies.push(answerFor('ada', 'token-2'));
    const changed = new Promise<void>((resolve) => waiting.session.subscribe(resolve));
    await signedIn('ada', 300, wires);
    await changed;
    expect(waiting.session.state().phase).toBe('signed-in');
    expect(await waiting.session.credential()).toMatchObject({ token: 'token-2' });
  });
});
