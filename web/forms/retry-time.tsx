import { useNow } from '../ui/use-now.ts';

/** @param at milliseconds since 1970 */
export function RetryTime({ at }: { at: number }) {
  const seconds = Math.ceil((at - useNow(500)) / 1000);
  const wait =
    seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  // The seconds that go by are not read out.
  return <p aria-live="off">{seconds > 0 ? `Try again in ${wait}.` : 'You can try again now.'}</p>;
}
