// A server for tests of the session: answers as told, and remembers what it was asked.
import type { SessionAnswer } from '#contract/sessions.ts';
import type { Address } from '../api/endpoints.ts';
import { createExclusive } from '../api/exclusive.ts';
import { Refusal, unreachable } from '../api/refusal.ts';
import type { Request } from '../api/request.ts';
import { createSession } from '../api/session.ts';
import type { TabMessage, Tabs } from '../api/tabs.ts';

export const addresses = {
  refresh: { method: 'POST', path: '/api/auth/refresh', authorized: false },
  logOut: { method: 'POST', path: '/api/auth/logout', authorized: false },
  getMe: { method: 'GET', path: '/api/auth/me', authorized: true },
} as const satisfies Record<string, Address>;

export const invalidToken = new Refusal('invalid-token', { status: 401, title: 'Sign in to continue' });
export const outage = unreachable('no-answer');

export function answerFor(userId: string, accessToken: string, expiresIn = 300): SessionAnswer {
  const user: SessionAnswer['user'] = {
    id: userId,
    username: userId,
    email: `${userId}@example.org`,
    emailVerified: false,
    displayName: userId,
    roles: ['user'],
    status: 'active',
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  return { accessToken, tokenType: 'Bearer', expiresIn, user };
}

type Reply = SessionAnswer | Refusal | undefined;

/** A browser tab with its session; several of them can share `wires`, as tabs of one browser do. */
export function openTab(wires: ((message: TabMessage) => void)[] = []) {
  const asked: { path: string; token: string | undefined }[] = [];
  const replies: (Reply | Promise<Reply>)[] = [];
  const clock = { now: 1_000_000 };
  let forgotten = 0;

  const request: Request = async ({ path }, _input, { token } = {}) => {
    asked.push({ path, token });
    const reply = await replies.shift();
    if (reply instanceof Refusal) throw reply;
    return { status: reply === undefined ? 204 : 200, body: reply };
  };

  const own: ((message: TabMessage) => void)[] = [];
  const tabs: Tabs = {
    tell: (message) => {
      for (const hear of wires) if (!own.includes(hear)) hear(message);
    },
    listen: (hear) => {
      own.push(hear);
      wires.push(hear);
    },
  };

  const session = createSession({
    request,
    addresses,
    exclusive: createExclusive(undefined),
    tabs,
    now: () => clock.now,
    forget: () => (forgotten += 1),
  });
  return { session, request, asked, replies, clock, forgotten: () => forgotten };
}
