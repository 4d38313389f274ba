// The RateLimit header fields of the IETF draft. Structured fields (RFC 9651): lists of items, each a string with parameters.
import type { WindowCount } from './counters.ts';
import type { Quota } from './policies.ts';

type Named = Pick<Quota, 'name' | 'limit' | 'windowSeconds'>;

/** `RateLimit-Policy`: the same for every request that the same quotas count. */
export const policyField = (quotas: readonly Named[]): string =>
  quotas.map(({ name, limit, windowSeconds }) => `"${name}";q=${limit};w=${windowSeconds}`).join(', ');

/** Whole seconds until the window ends; waiting so long is enough. */
export const secondsLeft = ({ resetAt }: WindowCount, now: number): number =>
  Math.max(0, Math.ceil((resetAt - now) / 1000));

/** One item of `RateLimit`. */
export const quotaItem = ({ name, limit }: Named, count: WindowCount, now: number): string =>
  `"${name}";r=${Math.max(0, limit - count.used)};t=${secondsLeft(count, now)}`;

/** `RateLimit`, of all windows that counted a request. */
export function rateLimitField(
  windows: readonly { readonly quota: Named }[],
  counts: readonly WindowCount[],
  now: number,
): string {
  let field = '';
  for (let index = 0; index < windows.length; index += 1) {
    if (index > 0) field += ', ';
    field += quotaItem((windows[index] as { quota: Named }).quota, counts[index] as WindowCount, now);
  }
  return field;
}
