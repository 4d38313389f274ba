import { useNow } from './use-now.ts';

interface Props {
  /** ISO 8601 */
  at: string;
  /** How an instant is said; in milliseconds since 1970. */
  texts: { relative: (at: number, now: number) => string; exact: (at: number) => string };
}

/** An instant as people say it, with the exact one on hover. */
export function Moment({ at, texts }: Props) {
  const now = useNow(30_000);
  const instant = Date.parse(at);
  return (
    <time dateTime={at} title={texts.exact(instant)}>
      {texts.relative(instant, now)}
    </time>
  );
}
