import { LRUCache } from 'lru-cache';
import type { LimitState } from '#contract/quota.ts';
import { KEPT_MS, ledgerLimits } from './ledger.ts';
import type { Ledger, Refusal, StoppedPartition } from './ledger.ts';

interface StoppedCount {
  since: number;
  requests: number;
  partitions: LRUCache<string, StoppedPartition>;
}

const isOver = (instant: string, now: number): boolean => Date.parse(instant) <= now;

/** Of this process alone. */
export function createMemoryLedger(now: () => number): Ledger {
  const consumers = new LRUCache<string, LimitState>({ max: ledgerLimits.consumers });
  /** As text: a part of a header field would keep the whole of what came in memory. */
  const refusals = new LRUCache<string, string>({ max: ledgerLimits.refusals });
  const stopped = new Map<string, StoppedCount>();

  function countOf(quota: string): StoppedCount {
    const known = stopped.get(quota);
    if (known !== undefined && known.since + KEPT_MS > now()) return known;
    const begun = {
      since: now(),
      requests: 0,
      partitions: new LRUCache<string, StoppedPartition>({ max: ledgerLimits.stopped }),
    };
    stopped.set(quota, begun);
    return begun;
  }

  return {
    noteConsumer: (state) => void consumers.set(`${state.quota} ${state.key}`, state),
    async consumers() {
      return [...consumers.values()].filter(({ resetsAt }) => !isOver(resetsAt, now()));
    },
    noteRefusal: (refusal) => void refusals.set(refusal.requestId, JSON.stringify(refusal)),
    async findRefusal(requestId) {
      const text = refusals.peek(requestId);
      const found = text === undefined ? undefined : (JSON.parse(text) as Refusal);
      return found === undefined || isOver(found.refusedAt, now() - KEPT_MS) ? undefined : found;
    },
    noteStopped({ quota, partition, key, label }) {
      const count = countOf(quota);
      count.requests += 1;
      const requests = (count.partitions.get(key)?.requests ?? 0) + 1;
      count.partitions.set(key, { partition, key, label, requests });
    },
    async findStopped(quota) {
      const count = stopped.get(quota);
      if (count === undefined || count.since + KEPT_MS <= now()) return undefined;
      const partitions = [...count.partitions.values()].toSorted((one, other) => other.requests - one.requests);
      return { quota, since: count.since, requests: count.requests, partitions };
    },
  };
}
