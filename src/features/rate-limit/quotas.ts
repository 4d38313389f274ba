// Counts requests by every policy at once, refuses what is too much, and says so in the RateLimit header fields.
import { quotaPolicies } from '#contract/quota.ts';
import type { EndpointQuota, Partition, QuotaPolicyName } from '#contract/quota.ts';
import type { CountedAs } from '../../http/credential.ts';
import type { Quotas } from '../../http/quota.ts';
import type { Counters, WindowCount } from './counters.ts';
import { policyField, quotaItem } from './header-fields.ts';
import { windowsOf } from './judgement.ts';
import type { Caller, Judge, Windows } from './judgement.ts';
import { createLimiter } from './limiter.ts';
import type { Count } from './limiter.ts';
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
  counters: Counters;
  keyOf: KeyOf;
  judge: Judge;
  now: () => number;
}

/** All that counts one kind of request. */
interface Selection extends Windows {
  /** Undefined where nothing does. */
  count: Count | undefined;
  /** `RateLimit-Policy` */
  field: string;
}

/** Users and API keys are counted by the same policy, each by itself. */
const partitionValue = (countedAs: CountedAs): string | undefined => {
  if (countedAs.kind === 'nobody') return undefined;
  return countedAs.kind === 'user' ? countedAs.id : `key ${countedAs.id}`;
};

function rateLimitField(windows: Windows['enforced'], counts: readonly WindowCount[], at: number): string {
  let field = '';
  for (const [index, { quota }] of windows.entries())
    field += (index === 0 ? '' : ', ') + quotaItem(quota, counts[index] as WindowCount, at);
  return field;
}

export function createQuotas({ policies, counters, keyOf, judge, now }: Parts): CountingQuotas {
  const selected = new Map<string, Selection>();

  function select(id: string, names: readonly string[], isKnown: (partition: Partition) => boolean): Selection {
    const known = selected.get(id);
    if (known !== undefined) return known;
    const found = selectPolicies(policies, names, isKnown);
    const isCounted = found.enforced.length + found.rehearsed.length > 0;
    const enforced = windowsOf(found.enforced);
    const made = {
      enforced,
      rehearsed: windowsOf(found.rehearsed),
      count: isCounted ? createLimiter(found, counters) : undefined,
      field: policyField(enforced.map(({ quota }) => quota)),
    };
    selected.set(id, made);
    return made;
  }

  function applying(quota: Exclude<EndpointQuota, 'none'>, isUser: boolean): Selection {
    const isKnown = (partition: Partition): boolean => partition === 'address' || (partition === 'user' && isUser);
    return select(`${quota} ${isUser}`, ['address', 'user', quota], isKnown);
  }

  async function countOne(name: QuotaPolicyName, value: string): Promise<() => void> {
    const { partition } = quotaPolicies[name];
    const selection = select(name, [name], () => true);
    if (selection.count === undefined) return () => {};
    const caller = { values: { [partition]: value }, keys: { [partition]: keyOf(partition, value) } };
    const counted = await selection.count(caller.keys);
    judge(caller, selection, counted);
    return counted.takeBack;
  }

  return {
    async count(quota, { address, countedAs }, setHeader) {
      if (quota === 'none') return;
      const user = countedAs === undefined ? undefined : partitionValue(countedAs);
      const selection = applying(quota, user !== undefined);
      if (selection.count === undefined) return;
      const addressKey = keyOf('address', clientOf(address));
      const caller: Caller =
        user === undefined
          ? { values: { address }, keys: { address: addressKey } }
          : { values: { address, user }, keys: { address: addressKey, user: keyOf('user', user) } };
      const counted = await selection.count(caller.keys);
      if (selection.enforced.length > 0) {
        setHeader('RateLimit-Policy', selection.field);
        setHeader('RateLimit', rateLimitField(selection.enforced, counted.enforced, now()));
      }
      judge(caller, selection, counted);
    },
    async countRefresh(sid) {
      await countOne('refresh', sid);
    },
    countFailure: () => countOne('failures', ''),
  };
}
