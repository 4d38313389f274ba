import { useTexts } from '../texts/use-texts.ts';
import { useNow } from '../ui/use-now.ts';

/** @param at milliseconds since 1970 */
export function RetryTime({ at }: { at: number }) {
  const { retryInMinutes, retryInSeconds, retryNow } = useTexts().alert;
  const seconds = Math.ceil((at - useNow(500)) / 1000);
  const wait = seconds > 90 ? retryInMinutes(Math.ceil(seconds / 60)) : retryInSeconds(seconds);
  // The seconds that go by are not read out.
  return <p aria-live="off">{seconds > 0 ? wait : retryNow}</p>;
}
