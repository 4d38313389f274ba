// How failures become waits.
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** After the first failure, the second …: four in a window cost nothing. Each one that is not listed costs the longest. */
export const WAITS_MS: readonly number[] = [
  ...[0, 0, 0, 0],
  30 * SECOND,
  ...[1, 2, 4, 8, 16, 32].map((minutes) => minutes * MINUTE),
];
export const LONGEST_WAIT_MS = HOUR;

/** How many failures cost a wait, and are remembered for longer. */
export const LIMIT = WAITS_MS.findIndex((wait) => wait > 0) + 1;

/** A fixed window, that begins with its first failure. */
export const WINDOW_MS = 15 * MINUTE;

/** After this long without a failure the next wait is the shortest again. */
export const GROWTH_MS = DAY;

/** NIST SP 800-63B-4, section 3.2.2: no more than 100 failures in a row. */
export const MOST_IN_ROW = 100;

/** Also how long any count is kept: one that went sooner would let somebody guess on who waits for that. */
export const CLOSED_MS = 30 * DAY;

/** What a closed lane tells to wait: its true end is no use to anybody, and somebody may open it before. */
export const CLOSED_RETRY_MS = HOUR;
