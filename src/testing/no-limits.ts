import { quotaPolicies } from '#contract/quota.ts';

/** Environment of a server that tests and benchmarks ask more often than people would. Those about quotas set their own. */
export const noLimits: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(quotaPolicies).map((name) => [`RATE_LIMIT_${name.toUpperCase()}`, 'off']),
);
