import type { Formats } from './formats.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const steps = [
  { until: HOUR, size: MINUTE, unit: 'minute' },
  { until: DAY, size: HOUR, unit: 'hour' },
  { until: 45 * DAY, size: DAY, unit: 'day' },
] as const;

/** Less than a minute away. */
interface NearWords {
  past: string;
  future: string;
}

/** "just now", "5 minutes ago", "in 7 days"; beyond some weeks the date says more. Both in milliseconds since 1970. */
export function timeAway(at: number, now: number, formats: Formats, near: NearWords): string {
  const distance = at - now;
  if (Math.abs(distance) < 45 * SECOND) return distance > 0 ? near.future : near.past;
  // Rounded before the step is chosen: 59.9 minutes are "1 hour", not "60 minutes".
  const step = steps.find(({ until, size }) => Math.round(Math.abs(distance) / size) * size < until);
  return step === undefined ? formats.day(at) : formats.away(Math.round(distance / step.size), step.unit);
}
