import { useSyncExternalStore } from 'react';
import { session } from './client.ts';
import type { SessionState } from './session-memory.ts';

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.state);
}
