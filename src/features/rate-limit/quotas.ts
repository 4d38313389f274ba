// Counts requests by every policy at once, refuses what is too much, and says so in the RateLimit header fields.
import { quotaPolicies } from '#contract/quota.ts';
import type { Partition, QuotaPolicyName } from '#contract/quota.ts';
import type { CountedAs } from '../../http/credential.ts';
import type { Quotas } from '../../http/quota.ts';
import type { Counted, Counters, PolicyPartition } from './counters.ts';
import { policyField, rateLimitField } from './header-fields.ts';
import { windowsOfPolicies } from './judgement.ts';
import type { CountedIdentity, Judge, Windows } from './judgement.ts';
import type { KeyOf, Keys } from './partition-key.ts';
import { selectPolicies } from './policies.ts';
import type { Policies, Policy } from './policies.ts';

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
  countStrangersFailure(): Promise<() => void>;
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
  readonly policies: Policies;
  readonly isEmpty: boolean;
  /** `RateLimit-Policy` */
  readonly field: string;
}

/** Users and API keys are counted by the same policy, each by itself. */
const partitionValue = (countedAs: CountedAs): string | undefined => {
  if (countedAs.kind === 'nobody') return undefined;
  return countedAs.kind === 'user' ? countedAs.id : `key ${countedAs.id}`;
};

function createSelection(policies: Policies): Selection {
  const enforced = windowsOfPolicies(policies.enforced);
  const rehearsed = windowsOfPolicies(policies.rehearsed);
  return {
    policies,
    isEmpty: enforced.length + rehearsed.length === 0,
    enforced,
    rehearsed,
    field: policyField(enforced.map(({ quota }) => quota)),
  };
}

const partitionsOf = (policies: readonly Policy[], keys: Keys): PolicyPartition[] =>
  policies.map((policy) => ({ policy, key: keys[policy.partition] ?? '' }));

/** Made once for each name: of the quota policies there are few, and of requests many. */
function createSelections(select: (name: string) => Selection): (name: string) => Selection {
  const made = new Map<string, Selection>();
  return (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const selection = select(name);
    made.set(name, selection);
    return selection;
  };
}

type SetHeader = Parameters<Quotas['count']>[2];

export function createQuotas({ policies, counters, keyOf, judge, now }: Parts): CountingQuotas {
  const selectFor = (...known: Partition[]) =>
    createSelections((quota) =>
      createSelection(selectPolicies(policies, ['address', 'user', quota], (partition) => known.includes(partition))),
    );
  const forStrangers = selectFor('address');
  const forUsers = selectFor('address', 'user');
  const alone = createSelections((name) => createSelection(selectPolicies(policies, [name], () => true)));

  const countBy = ({ enforced, rehearsed }: Policies, keys: Keys): Counted | Promise<Counted> =>
    counters.count(partitionsOf(enforced, keys), partitionsOf(rehearsed, keys));

  function settle(selection: Selection, caller: CountedIdentity, counted: Counted, setHeader: SetHeader): void {
    if (selection.enforced.length > 0) {
      setHeader('RateLimit-Policy', selection.field);
      setHeader('RateLimit', rateLimitField(selection.enforced, counted.enforced, now()));
    }
    judge(caller, selection, counted);
  }

  const callerOf = (address: string, user: string | undefined): CountedIdentity => {
    const key = keyOf('address', address);
    return user === undefined
      ? { values: { address }, keys: { address: key } }
      : { values: { address, user }, keys: { address: key, user: keyOf('user', user) } };
  };

  async function countOne(name: QuotaPolicyName, value: string): Promise<() => void> {
    const { partition } = quotaPolicies[name];
    const selection = alone(name);
    if (selection.isEmpty) return () => {};
    const caller = { values: { [partition]: value }, keys: { [partition]: keyOf(partition, value) } };
    const counted = await countBy(selection.policies, caller.keys);
    judge(caller, selection, counted);
    return counted.takeBack;
  }

  return {
    count(quota, { address, countedAs }, setHeader) {
      if (quota === 'none' || quota === 'pages') return undefined;
      const user = countedAs && partitionValue(countedAs);
      const selection = (user === undefined ? forStrangers : forUsers)(quota);
      if (selection.isEmpty) return undefined;
      const caller = callerOf(address, user);
      const counted = countBy(selection.policies, caller.keys);
      if (counted instanceof Promise) return counted.then((each) => settle(selection, caller, each, setHeader));
      settle(selection, caller, counted, setHeader);
      return undefined;
    },
    async countRefresh(sid) {
      await countOne('refresh', sid);
    },
    countStrangersFailure: () => countOne('failures', ''),
  };
}
