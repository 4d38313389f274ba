import { describe, expect, it } from 'vitest';
import { texts } from '../testing/english.ts';

const { relative } = texts.times;
const NOW = Date.parse('2026-06-15T12:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a relative time', () => {
  it.each([
    [0, 'just now'],
    [-44_000, 'just now'],
    [44_000, 'in a moment'],
    [-50_000, '1 minute ago'],
    [-59.4 * MINUTE, '59 minutes ago'],
    [-59.9 * MINUTE, '1 hour ago'],
    [-23.9 * HOUR, 'yesterday'],
    [5 * MINUTE, 'in 5 minutes'],
    [7 * DAY, 'in 7 days'],
    [30 * DAY - 1000, 'in 30 days'],
    [-100 * DAY, '7 March 2026'],
  ])('%i ms away is "%s"', (distance, text) => {
    expect(relative(NOW + distance, NOW)).toBe(text);
  });
});
