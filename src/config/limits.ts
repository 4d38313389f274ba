// How much anybody may ask, and where that is counted.
import { z } from 'zod';
import { requestPolicyNames } from '#contract/quota.ts';
import type { QuotaPolicyName, WindowName } from '#contract/quota.ts';
import {
  isOneWindow,
  ONE_WINDOW_RULE,
  QUOTA_RULE,
  quotaDescriptions,
  quotasFrom,
  quotaText,
  readQuotas,
} from './quota-text.ts';
import { defineSection, variable } from './section.ts';

export interface LimitsConfig {
  readonly redisUrl: string | undefined;
  /** Requests for each window of each quota policy. */
  readonly quotas: Readonly<Record<QuotaPolicyName, Readonly<Partial<Record<WindowName, number>>>>>;
  /** Numbers that are tried out beside them. */
  readonly rehearsedQuotas: Readonly<Partial<LimitsConfig['quotas']>>;
}

const quotaForm = z
  .string()
  .refine((text) => readQuotas(text) !== undefined, QUOTA_RULE)
  .transform((text) => readQuotas(text) ?? {});

const oneWindowForm = z
  .string()
  .refine((text) => isOneWindow(readQuotas(text) ?? { minute: 0, hour: 0 }), ONE_WINDOW_RULE)
  .transform((text) => readQuotas(text) ?? {});

const enforced = (name: QuotaPolicyName, form: typeof quotaForm = quotaForm) =>
  variable(form.prefault(quotaText(name)), { description: quotaDescriptions[name] });

const rehearsed = (name: QuotaPolicyName) =>
  variable(quotaForm.optional(), {
    description: `Numbers to rehearse for \`RATE_LIMIT_${name.toUpperCase()}\`: whom they would stop is counted and reported, and nobody is stopped.`,
  });

const forEachPolicy = <P extends string, S>(prefix: P, create: (name: QuotaPolicyName) => S) =>
  Object.fromEntries(requestPolicyNames.map((name) => [prefix + name.toUpperCase(), create(name)])) as Record<
    `${P}${Uppercase<(typeof requestPolicyNames)[number]>}`,
    S
  >;

const quotaVariables = {
  ...forEachPolicy('RATE_LIMIT_', (name) => enforced(name)),
  RATE_LIMIT_PAGES: enforced('pages', oneWindowForm),
  ...forEachPolicy('RATE_LIMIT_SHADOW_', rehearsed),
};

const REDIS_RULE = 'must be like redis://:password@host:6379, special characters in the password percent-encoded';

/** The client decodes user and password, and throws where that cannot be done. */
function isDecodable(url: string): boolean {
  try {
    const { username = '', password = '' } = URL.parse(url) ?? {};
    return [username, password].every((part) => decodeURIComponent(part) !== undefined);
  } catch {
    return false;
  }
}

export const limits = defineSection({
  variables: {
    REDIS_URL: variable(
      z
        .url({ protocol: /^rediss?$/, error: REDIS_RULE })
        .refine(isDecodable, REDIS_RULE)
        .optional(),
      {
        description:
          'Shares all counters between servers. Without it, and while it is away, each server counts by itself.',
        default: 'none',
        secret: true,
      },
    ),
    ...quotaVariables,
  },
  read: (values): LimitsConfig => ({ redisUrl: values.REDIS_URL, ...quotasFrom(values) }),
});
