// Counts requests by every policy at once, refuses what is too much, and says so in the RateLimit header fields.
import { quotaPolicies } from '#contract/quota.ts';
import type { EndpointQuota, Partition, QuotaPolicyName } from '#contract/quota.ts';
import type { Quotas } from '../../http/quota.ts';
import type { WindowCount } from './counters.ts';
import { policyField, quotaItem } from './header-fields.ts';
import type { Caller, Count, Judge } from './judgement.ts';
import type { Carrier, Policy } from './limiter.ts';
import { clientOf } from './partition-key.ts';
import type { KeyOf } from './partition-key.ts';
import { selectPolicies } from './policies.ts';
import type { Policies } from './policies.ts';

export interface CountingQuotas extends Pick<Quotas, 'count'> {
  /**
   * Counts a renewal, once the refresh token has proven to be the session's.
   * @throws Problem `quota-exceeded`
   */
  countRefresh(sid: string): Promise<void>;
  /**
   * Counts a sign-in of a stranger as failed, before its password is looked at. Resolves with the act that takes the count back, for one
   * that did not fail.
   * @throws Problem `quota-exceeded` where strangers have failed too often, whoever they are
   */
  countFailure(): Promise<() => void>;
}

interface Parts {
  policies: Policies;
  keyOf: KeyOf;
  judge: Judge;
  now: () => number;
}

const nothing: Promise<Count[]> = Promise.resolve([]);

async function countBy(policies: readonly Policy[], { keys }: Caller): Promise<Count[]> {
  const carrier: Carrier = { keys };
  const counts = await Promise.all(policies.map((policy) => policy.count(carrier)));
  return policies.flatMap((policy, index) =>
    policy.quotas.map((quota, place) => ({ policy, quota, place, count: counts[index]?.[place] as WindowCount })),
  );
}

/** Begun together: all commands leave in one write to Redis. */
const countAll = ({ enforced, rehearsed }: Policies, caller: Caller): Promise<[Count[], Count[]]> =>
  Promise.all([countBy(enforced, caller), rehearsed.length === 0 ? nothing : countBy(rehearsed, caller)]);

export function createQuotas({ policies, keyOf, judge, now }: Parts): CountingQuotas {
  const selected = new Map<string, Policies & { field: string }>();

  function applying(quota: Exclude<EndpointQuota, 'none'>, isUser: boolean) {
    const id = `${quota} ${isUser}`;
    const known = selected.get(id);
    if (known !== undefined) return known;
    const isKnown = (partition: Partition): boolean => partition === 'address' || (partition === 'user' && isUser);
    const found = selectPolicies(policies, ['address', 'user', quota], isKnown);
    const made = { ...found, field: policyField(found.enforced.flatMap(({ quotas }) => quotas)) };
    selected.set(id, made);
    return made;
  }

  async function countOne(name: QuotaPolicyName, value: string): Promise<() => void> {
    const { partition } = quotaPolicies[name];
    const one = selectPolicies(policies, [name], () => true);
    const key = keyOf(partition, value);
    const caller = { values: { [partition]: value }, keys: { [partition]: key } };
    judge(caller, ...(await countAll(one, caller)));
    return () => {
      for (const { counters, quotas } of [...one.enforced, ...one.rehearsed])
        counters.takeBack(key, [...quotas.keys()]);
    };
  }

  return {
    async count(quota, { address, user }, setHeader) {
      if (quota === 'none') return;
      const applied = applying(quota, user !== undefined);
      if (applied.enforced.length + applied.rehearsed.length === 0) return;
      const addressKey = keyOf('address', clientOf(address));
      const caller: Caller =
        user === undefined
          ? { values: { address }, keys: { address: addressKey } }
          : { values: { address, user }, keys: { address: addressKey, user: keyOf('user', user) } };
      const [enforced, rehearsed] = await countAll(applied, caller);
      if (enforced.length > 0) {
        const at = now();
        setHeader('RateLimit-Policy', applied.field);
        setHeader('RateLimit', enforced.map((each) => quotaItem(each.quota, each.count, at)).join(', '));
      }
      judge(caller, enforced, rehearsed);
    },
    async countRefresh(sid) {
      await countOne('refresh', sid);
    },
    countFailure: () => countOne('failures', ''),
  };
}
