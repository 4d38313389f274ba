// Told of each request as it comes and as it ends. Costs every request what it does, so it counts and no more.
import type { IncomingMessage } from 'node:http';

export interface RequestObserver {
  /** Every request but health checks, before anything is known of it. */
  observe(request: IncomingMessage): void;
  /**
   * It turned out to be a signed-in user's.
   * @param isPeer the client's address is the connection's own peer, not told by a trusted proxy
   */
  observeUser(address: string, isPeer: boolean, userId: string): void;
}
