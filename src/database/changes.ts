/** Tells the caches of this process that rows they were filled from have changed. */
export interface Changes {
  /**
   * `listener` is told each published topic after its commit, by this process or another, and `'*'` where anything may
   * have changed (another process wrote to the SQLite file; the connection to PostgreSQL was lost for a while). It may
   * be told twice. Listeners must be quick and synchronous; a load that began before a topic was told must not be
   * cached. Returns the act that unsubscribes.
   */
  subscribe(listener: (topic: string) => void): () => void;
  /**
   * Call before each read from a cache (costs microseconds). False: changes may be missed just now, so read the
   * database instead. May tell the listeners `'*'` before it returns.
   */
  check(): boolean;
}

/** Keeps the listeners. A listener that throws is reported and does not keep the others from being told. */
export function createListeners(report: (error: unknown, message: string) => void) {
  const listeners = new Set<(topic: string) => void>();
  return {
    subscribe(listener: (topic: string) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(topic: string): void {
      for (const listener of [...listeners]) {
        try {
          listener(topic);
        } catch (error) {
          report(error, 'a listener of the change feed failed');
        }
      }
    },
  };
}
