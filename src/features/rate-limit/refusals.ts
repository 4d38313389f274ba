// Why a request was answered 429: kept for who asks, and said once in the log when somebody begins to be refused.
import type { Quotas } from '../../http/quota.ts';
import { ledgerLimits } from './ledger.ts';
import type { Ledger } from './ledger.ts';

interface Parts {
  ledger: Ledger;
  warn: (event: Record<string, unknown>, message: string) => void;
  now: () => number;
}

export function createNoteRefusal({ ledger, warn, now }: Parts): Quotas['noteRefusal'] {
  return (problem, context) => {
    const violatedPolicies = problem.violatedPolicies ?? [];
    const counters = problem.limitStates ?? [];
    const violated = counters.filter(({ quota }) => violatedPolicies.includes(quota));
    const excess = Math.min(...violated.map(({ used, limit }) => used - limit));
    // A line for the first refusal in a window, not one for each request of a flood.
    for (const { quota, partition, label, used, limit } of violated)
      if (used === limit + 1)
        warn(
          {
            event: 'excess_rate_limit_exceeded',
            requestId: context.requestId,
            route: context.route,
            quota,
            partition,
            label,
          },
          'quota exceeded',
        );
    if (violated.length > 0 && excess > ledgerLimits.refusalsOfOne) return;
    ledger.noteRefusal({
      requestId: context.requestId,
      refusedAt: new Date(now()).toISOString(),
      problem: problem.problem,
      method: context.method,
      route: context.route ?? 'unmatched',
      retryAfterSeconds: problem.retryAfterSeconds ?? 0,
      violatedPolicies,
      counters,
      proxyChain: context.proxyChain(),
    });
  };
}
