// The policies as configured: those that are enforced, and those that are rehearsed, each with counters of its own.
import { quotaPolicies, quotaPolicyNames, windows } from '#contract/quota.ts';
import type { Partition, QuotaPolicyName, WindowName } from '#contract/quota.ts';
import type { Counters } from './counters.ts';
import { createPolicy } from './limiter.ts';
import type { Policy, Quota } from './limiter.ts';

/** Requests for each window of each policy, as configured. */
export type QuotaNumbers = Readonly<Record<QuotaPolicyName, Readonly<Partial<Record<WindowName, number>>>>>;

export interface PolicyParts {
  numbers: QuotaNumbers;
  /** Numbers that are tried out: counted and reported, and nobody is refused by them. */
  rehearsed: Readonly<Partial<QuotaNumbers>>;
  /** @param names of the quotas, such as `login-minute`, for which there is to be a counter each */
  createCounters: (names: readonly string[], windowMs: readonly number[]) => Counters;
}

export interface Policies {
  readonly enforced: readonly Policy[];
  readonly rehearsed: readonly Policy[];
}

const windowNames = Object.keys(windows) as WindowName[];

function createPolicies(numbers: Readonly<Partial<QuotaNumbers>>, prefix: string, parts: PolicyParts): Policy[] {
  return quotaPolicyNames.flatMap((name) => {
    const quotas = windowNames.flatMap((window): Quota[] => {
      const limit = numbers[name]?.[window];
      return limit === undefined ? [] : [{ name: `${name}-${window}`, limit, windowSeconds: windows[window] }];
    });
    if (quotas.length === 0) return [];
    const counters = parts.createCounters(
      quotas.map((quota) => prefix + quota.name),
      quotas.map(({ windowSeconds }) => windowSeconds * 1000),
    );
    return [createPolicy({ name, partition: quotaPolicies[name].partition, quotas, counters })];
  });
}

export const createAllPolicies = (parts: PolicyParts): Policies => ({
  enforced: createPolicies(parts.numbers, '', parts),
  rehearsed: createPolicies(parts.rehearsed, 'rehearsed-', parts),
});

/** Of these names, those whose partition is known: a policy by user says nothing about a stranger. */
export function selectPolicies(
  { enforced, rehearsed }: Policies,
  names: readonly string[],
  isKnown: (partition: Partition) => boolean,
): Policies {
  const applies = ({ name, partition }: Policy): boolean => names.includes(name) && isKnown(partition);
  return { enforced: enforced.filter(applies), rehearsed: rehearsed.filter(applies) };
}
