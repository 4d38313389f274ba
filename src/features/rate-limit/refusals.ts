// Why a request was answered 429: kept for who asks, and said once in the log when somebody begins to be refused.
import { LRUCache } from 'lru-cache';
import { isProblem } from '#contract/problem.ts';
import type { LimitState } from '#contract/quota.ts';
import { limitEvidence } from '../../http/quota.ts';
import type { Quotas } from '../../http/quota.ts';
import { ledgerLimits } from './ledger.ts';
import type { Ledger } from './ledger.ts';

interface Parts {
  ledger: Ledger;
  warn: (event: Record<string, unknown>, message: string) => void;
  now: () => number;
}

/** The end of a window is computed anew from what it has left, each time. */
const SAME_WINDOW_MS = 5_000;

/** How often each partition was refused in its window, as far as this process has seen. */
function createTally(): (state: LimitState) => number {
  const seen = new LRUCache<string, { resetAt: number; times: number }>({ max: 5_000 });
  return ({ quota, key, resetsAt }) => {
    const id = `${quota} ${key}`;
    const resetAt = Date.parse(resetsAt);
    const known = seen.get(id);
    if (known !== undefined && Math.abs(known.resetAt - resetAt) < SAME_WINDOW_MS) return (known.times += 1);
    seen.set(id, { resetAt, times: 1 });
    return 1;
  };
}

export function createNoteRefusal({ ledger, warn, now }: Parts): Quotas['noteRefusal'] {
  const tally = createTally();

  /** The first refusal in a window is said and noted, not each request of a flood. Resolves with how many this is. */
  function noteOne(state: LimitState, { requestId, route }: Parameters<Quotas['noteRefusal']>[1]): number {
    const times = tally(state);
    if (times > 1) return times;
    const { quota, partition, label } = state;
    const event = { event: 'excess_rate_limit_exceeded', requestId, route, quota, partition, label };
    warn(event, 'quota exceeded');
    ledger.noteConsumer(state);
    return times;
  }

  return (problem, context) => {
    const violatedPolicies = isProblem(problem, 'quota-exceeded') ? [...problem.extensions['violated-policies']] : [];
    const counters = limitEvidence.of(problem) ?? [];
    const violated = counters.filter(({ quota }) => violatedPolicies.includes(quota));
    const times = violated.map((state) => noteOne(state, context));
    if (Math.min(...times) > ledgerLimits.refusalsOfOne && times.length > 0) return;
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
