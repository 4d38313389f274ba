import fc from 'fast-check';
import { expect, it } from 'vitest';
import { policyField, quotaItem } from './header-fields.ts';

const quota = fc.record({
  name: fc
    .tuple(fc.constantFrom('address', 'login', 'refresh'), fc.constantFrom('minute', 'hour', 'day'))
    .map((parts) => parts.join('-')),
  limit: fc.integer({ min: 1, max: 999_999_999 }),
  windowSeconds: fc.constantFrom(60, 3600, 86_400),
});

interface Item {
  name: string;
  parameters: Record<string, number>;
}

/** Reads a list of strings with integer parameters as RFC 9651, section 4.2, does; throws on anything else. */
function parseList(text: string): Item[] {
  let rest = text;
  const take = (form: RegExp): string => {
    const found = form.exec(rest)?.[0];
    if (found === undefined) throw new Error(`not at ${rest}`);
    rest = rest.slice(found.length);
    return found;
  };
  const items: Item[] = [];
  for (;;) {
    const name = take(/^"[\x20\x21\x23-\x5b\x5d-\x7e]*"/).slice(1, -1);
    const parameters: Record<string, number> = {};
    while (rest.startsWith(';')) {
      take(/^; */);
      const key = take(/^[a-z*][a-z0-9_\-.*]*/);
      take(/^=/);
      parameters[key] = Number(take(/^-?\d{1,15}/));
    }
    items.push({ name, parameters });
    if (rest === '') return items;
    take(/^[ \t]*,[ \t]*/);
  }
}

it('RL-08 RateLimit-Policy is a list of strings with q and w, for any quotas', () => {
  fc.assert(
    fc.property(fc.array(quota, { minLength: 1, maxLength: 9 }), (quotas) => {
      expect(parseList(policyField(quotas))).toEqual(
        quotas.map(({ name, limit, windowSeconds }) => ({ name, parameters: { q: limit, w: windowSeconds } })),
      );
    }),
  );
});

it('RL-08 RateLimit says how much remains, never less than nothing, and in how many whole seconds the window ends', () => {
  const used = fc.integer({ min: 1, max: 2_000_000_000 });
  const left = fc.integer({ min: -5000, max: 86_400_000 });
  fc.assert(
    fc.property(quota, used, left, (of, used, left) => {
      const now = 1_700_000_000_000;
      const [item] = parseList(quotaItem(of, { used, resetAt: now + left }, now));
      expect(item?.name).toBe(of.name);
      expect(Object.keys(item?.parameters ?? {})).toEqual(['r', 't']);
      const { r = NaN, t = NaN } = item?.parameters ?? {};
      expect(r).toBe(Math.max(0, of.limit - used));
      expect(t).toBeGreaterThanOrEqual(0);
      // Waiting so long is enough, and never a second more than needed.
      expect(t * 1000).toBeGreaterThanOrEqual(left);
      expect(t * 1000).toBeLessThan(Math.max(0, left) + 1000);
    }),
  );
});
