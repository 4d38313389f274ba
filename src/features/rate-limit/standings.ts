// Where partitions stand in the quotas that are in force. Looking counts nothing.
import type { LimitState } from '#contract/quota.ts';
import type { Ledger } from './ledger.ts';
import type { Counters } from './counters.ts';
import type { Policy } from './policies.ts';

export type Standing = Omit<LimitState, 'resetsAt'> & {
  /** Null where the window has not begun. */
  resetsAt: string | null;
  /** Its next request is refused. */
  isBlocked: boolean;
};

/** In every window of a policy. */
export async function readStandings(
  counters: Counters,
  policy: Policy,
  key: string,
  label: string,
): Promise<Standing[]> {
  const counts = await counters.read({ policy, key });
  return policy.quotas.map(({ name, limit }, place) => {
    const count = counts[place];
    return {
      quota: name,
      partition: policy.partition,
      key,
      label,
      used: count?.used ?? 0,
      limit,
      resetsAt: count === undefined ? null : new Date(count.resetAt).toISOString(),
      isBlocked: count !== undefined && count.used >= limit,
    };
  });
}

const isSame = (one: Standing, other: LimitState): boolean => one.quota === other.quota && one.key === other.key;

/** Those who were noted, as they stand now, the fullest first. */
export async function readConsumers(
  policies: readonly Policy[],
  counters: Counters,
  ledger: Ledger,
): Promise<Standing[]> {
  const noted = await ledger.consumers();
  const found = await Promise.all(
    policies.flatMap((policy) => {
      const states = noted.filter((state) => policy.quotas.some(({ name }) => name === state.quota));
      return [...Map.groupBy(states, ({ key }) => key)].map(async ([key, of]) => {
        const standings = await readStandings(counters, policy, key, of[0]?.label ?? '');
        return standings.filter((standing) => of.some((state) => isSame(standing, state)));
      });
    }),
  );
  return found
    .flat()
    .filter(({ used }) => used > 0)
    .toSorted((one, other) => other.used / other.limit - one.used / one.limit);
}
