// An answer that is asked for once a second at most, however many people want it.

const RECENT_MS = 1_000;

export interface Recent<T> {
  /** At most a second old. Who comes while it is being asked for waits for the same answer. */
  read(): Promise<T>;
  /** The next one is asked for anew: what it is about has changed. */
  forget(): void;
}

export function createRecent<T>(ask: () => Promise<T>, now: () => number): Recent<T> {
  let latest: { answer: Promise<T>; askedAt: number; isUnderWay: boolean } | undefined;

  function isRecent({ askedAt, isUnderWay }: NonNullable<typeof latest>): boolean {
    const age = now() - askedAt;
    return isUnderWay || (age >= 0 && age < RECENT_MS); // a clock can be set back
  }

  return {
    read() {
      if (latest !== undefined && isRecent(latest)) return latest.answer;
      const asked = { answer: ask(), askedAt: now(), isUnderWay: true };
      const settle = (): void => void (asked.isUnderWay = false);
      void asked.answer.then(settle, settle);
      latest = asked;
      return asked.answer;
    },
    forget() {
      latest = undefined;
    },
  };
}
