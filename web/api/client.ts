// The one client of these pages: what the browser has, put together.
import { QueryClient } from '@tanstack/react-query';
import { createCall } from './call.ts';
import { addresses } from './endpoints.ts';
import { createExclusive } from './exclusive.ts';
import { Refusal } from './refusal.ts';
import { createRequest } from './request.ts';
import { createSession } from './session.ts';
import { openTabs } from './tabs.ts';

const now = (): number => Date.now();

const request = createRequest({ fetch: (input, init) => fetch(input, init), now });

/** An outage may pass; a refusal stays one. */
const isWorthRepeating = (failures: number, error: Error): boolean =>
  failures < 2 && error instanceof Refusal && error.isOutage && error.retryAt === undefined;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: isWorthRepeating, staleTime: 30_000, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});

export const session = createSession({
  request,
  addresses,
  exclusive: createExclusive(navigator.locks),
  tabs: openTabs(() => new BroadcastChannel('gatehouse-session')),
  now,
  forget: () => queryClient.clear(),
});

/** @throws Refusal */
export const call = createCall({ addresses, request, session });
