import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsedConfig } from '../testing/parsed-config.ts';
import { readQuotas } from './quota-text.ts';

it('RL-01 any numbers for any windows, in any order, are read as they stand; a window twice is not', () => {
  const window = fc.constantFrom('m', 'h', 'd');
  const number = fc.integer({ min: 1, max: 999_999_999 });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(window, number), { minLength: 1, selector: ([letter]) => letter }),
      (entries) => {
        const text = entries.map(([letter, count]) => `${count}/${letter}`).join(',');
        const names = { m: 'minute', h: 'hour', d: 'day' } as Record<string, string>;
        expect(readQuotas(text)).toEqual(Object.fromEntries(entries.map(([letter, count]) => [names[letter], count])));
        expect(readQuotas(`${text},${text}`)).toBeUndefined();
      },
    ),
  );
});

it('RL-01 what is no quota stops the start, and says what one looks like', () => {
  for (const text of ['120', '0/m', '-1/m', '1.5/m', '10/w', '10/m,', 'none', '10/m 20/h', '10 / m', '9999999999/m'])
    expect(() => parsedConfig({ RATE_LIMIT_LOGIN: text }), text).toThrow(
      'RATE_LIMIT_LOGIN must be off, or like 120/m,3000/h',
    );
  expect(parsedConfig({ RATE_LIMIT_LOGIN: 'off' }).config.quotas.login).toEqual({});
  expect(parsedConfig({ RATE_LIMIT_LOGIN: '7/h' }).config.quotas.login).toEqual({ hour: 7 });
  expect(parsedConfig({}).config.quotas.login).toEqual({ minute: 10, hour: 60, day: 300 });
  expect(() => parsedConfig({ REDIS_URL: 'http://elsewhere' })).toThrow('REDIS_URL must be like redis://');
});

it('RL-01 the limit of pages is one window, whichever it is, and cannot be rehearsed', () => {
  for (const text of ['1200/m,9000/h', '1200', '0/m', '10/w', 'none', '1/m,1/m'])
    expect(() => parsedConfig({ RATE_LIMIT_PAGES: text }), text).toThrow(
      `RATE_LIMIT_PAGES must be off, or like 1200/m: one number, by minute (m), hour (h) or day (d), not "${text}".`,
    );
  expect(parsedConfig({}).config.quotas.pages).toEqual({ minute: 1200 });
  expect(parsedConfig({ RATE_LIMIT_PAGES: 'off' }).config.quotas.pages).toEqual({});
  expect(parsedConfig({ RATE_LIMIT_PAGES: '7/h' }).config.quotas.pages).toEqual({ hour: 7 });
  expect(parsedConfig({ RATE_LIMIT_PAGES: '50000/d' }).config.quotas.pages).toEqual({ day: 50_000 });
  const { config } = parsedConfig({ RATE_LIMIT_SHADOW_PAGES: '7/m' });
  expect(Object.keys(config.rehearsedQuotas)).not.toContain('pages');
});
