import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks until the answer is neither `undefined` nor `false`.
 * @param what is waited for, for the message of the error after `seconds`
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  seconds = 30,
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + seconds * 1000;
  let fault: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    } catch (error) {
      fault = error;
    }
    await pause(100);
  }
  throw new Error(`not within ${seconds} s: ${what}`, { cause: fault });
}
