/** Runs one act at a time over all tabs of this browser. */
export type Exclusive = <T>(act: () => Promise<T>) => Promise<T>;

const NAME = 'gatehouse-refresh';

// A tab that hangs must not lock the others out. The server forgives two tabs that renew at once.
const WAIT_MS = 10_000;

/** @param locks undefined in a page on plain http and in old browsers, whatever the types say: then acts are not held back */
export function createExclusive(locks: LockManager | undefined): Exclusive {
  return async (act) => {
    if (locks === undefined) return await act();
    let hasBegun = false;
    try {
      return await locks.request(NAME, { signal: AbortSignal.timeout(WAIT_MS) }, () => {
        hasBegun = true;
        return act();
      });
    } catch (error) {
      if (hasBegun) throw error;
      return await act();
    }
  };
}
