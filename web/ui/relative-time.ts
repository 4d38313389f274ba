const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const steps = [
  { until: HOUR, size: MINUTE, unit: 'minute' },
  { until: DAY, size: HOUR, unit: 'hour' },
  { until: 45 * DAY, size: DAY, unit: 'day' },
] as const;

/** "just now", "5 minutes ago", "in 7 days"; beyond some weeks the date says more. Both in milliseconds since 1970. */
export function relativeTime(at: number, now: number): string {
  const distance = at - now;
  if (Math.abs(distance) < 45 * SECOND) return distance > 0 ? 'in a moment' : 'just now';
  // Rounded before the step is chosen: 59.9 minutes are "1 hour", not "60 minutes".
  const step = steps.find(({ until, size }) => Math.round(Math.abs(distance) / size) * size < until);
  return step === undefined ? date.format(at) : words.format(Math.round(distance / step.size), step.unit);
}
