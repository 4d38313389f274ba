import { unavailable } from './faults.ts';

/**
 * Turns at something only one may hold at a time, first come, first served.
 * `take` resolves with the act that ends the turn, or rejects (`isUnavailable`) after `waitMillis`.
 */
export function createTurns() {
  const waiting: (() => void)[] = [];
  let taken = false;

  function end(): void {
    const next = waiting.shift();
    if (next) next();
    else taken = false;
  }

  return {
    take(waitMillis: number): Promise<() => void> {
      if (!taken) {
        taken = true;
        return Promise.resolve(end);
      }
      return new Promise((resolve, reject) => {
        const turn = () => {
          clearTimeout(timer);
          resolve(end);
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(unavailable('waited too long for the running write transaction'));
        }, waitMillis);
        waiting.push(turn);
      });
    },
  };
}
