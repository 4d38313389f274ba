import { relativeTime } from './relative-time.ts';
import { useNow } from './use-now.ts';

const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

/** An instant as people say it, with the exact one on hover. @param at ISO 8601 */
export function Moment({ at }: { at: string }) {
  const now = useNow(30_000);
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {relativeTime(Date.parse(at), now)}
    </time>
  );
}
