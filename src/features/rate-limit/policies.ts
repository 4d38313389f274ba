// The policies as configured: those that are enforced, and those that are rehearsed, each with counters of its own.
import { quotaPolicies, quotaPolicyNames, windows } from '#contract/quota.ts';
import type { Partition, QuotaPolicyName, WindowName } from '#contract/quota.ts';

/** Requests for each window of each policy, as configured. */
export type QuotaNumbers = Readonly<Record<QuotaPolicyName, Readonly<Partial<Record<WindowName, number>>>>>;

/** One window of a policy. */
export interface Quota {
  /** `login-minute` */
  readonly name: string;
  readonly window: WindowName;
  readonly windowSeconds: number;
  readonly limit: number;
}

export interface Policy {
  readonly name: QuotaPolicyName;
  /** Names its counters: `login`, `rehearsed-login`. */
  readonly id: string;
  readonly partition: Partition;
  readonly quotas: readonly Quota[];
}

export interface Policies {
  readonly enforced: readonly Policy[];
  /** Numbers that are tried out: counted and reported, and nobody is refused by them. */
  readonly rehearsed: readonly Policy[];
}

const windowNames = Object.keys(windows) as WindowName[];

function createPolicies(numbers: Readonly<Partial<QuotaNumbers>>, prefix: string): Policy[] {
  return quotaPolicyNames.flatMap((name) => {
    const quotas = windowNames.flatMap((window): Quota[] => {
      const limit = numbers[name]?.[window];
      return limit === undefined ? [] : [{ name: `${name}-${window}`, window, windowSeconds: windows[window], limit }];
    });
    return quotas.length === 0 ? [] : [{ name, id: prefix + name, partition: quotaPolicies[name].partition, quotas }];
  });
}

export const createAllPolicies = (numbers: QuotaNumbers, rehearsed: Readonly<Partial<QuotaNumbers>>): Policies => ({
  enforced: createPolicies(numbers, ''),
  rehearsed: createPolicies(rehearsed, 'rehearsed-'),
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
