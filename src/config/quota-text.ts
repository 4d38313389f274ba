// Quotas as the environment writes them: 120/m,3000/h,20000/d.
import { quotaPolicies, quotaPolicyNames, requestPolicyNames } from '#contract/quota.ts';
import type { QuotaPolicy, QuotaPolicyName, WindowName } from '#contract/quota.ts';

type Numbers = Readonly<Partial<Record<WindowName, number>>>;

const letters = { m: 'minute', h: 'hour', d: 'day' } as const satisfies Record<string, WindowName>;

export const QUOTA_RULE =
  'must be off, or like 120/m,3000/h,20000/d: at least one of minute, hour and day, each once, whole numbers from 1';

export const ONE_WINDOW_RULE = 'must be off, or like 1200/m: one number, by minute (m), hour (h) or day (d)';

export const isOneWindow = (numbers: Numbers): boolean => Object.keys(numbers).length <= 1;

/** `120/m,3000/h,20000/d` → requests for each window; `off` → no window. */
export function readQuotas(text: string): Partial<Record<WindowName, number>> | undefined {
  const found: Partial<Record<WindowName, number>> = {};
  if (text === 'off') return found;
  for (const entry of text.split(',')) {
    const [, number = '', letter = ''] = /^\s*([1-9]\d{0,8})\/([mhd])\s*$/.exec(entry) ?? [];
    const window = letters[letter as keyof typeof letters];
    if (window === undefined || found[window] !== undefined) return undefined;
    found[window] = Number(number);
  }
  return found;
}

/** A policy's default, as it would stand in the environment. */
export function quotaText(name: QuotaPolicyName): string {
  const { quotas }: QuotaPolicy = quotaPolicies[name];
  return Object.entries(letters)
    .flatMap(([letter, window]) => (quotas[window] === undefined ? [] : [`${quotas[window]}/${letter}`]))
    .join(',');
}

/** What the configuration table says of `RATE_LIMIT_…`. */
export const quotaDescriptions: Readonly<Record<QuotaPolicyName, string>> = {
  address:
    'Requests of one client address (IPv6: of one /64), by minute, hour and day (each is optional; `off` disables the policy). Pages and health checks are not counted by it.',
  user: 'Requests of one signed-in user.',
  login: 'Sign-ins tried from one address.',
  register: 'Sign-ups from one address.',
  setup: 'Uses of a set-up link from one address.',
  refresh: 'Renewals of one session.',
  password: 'Changes of password tried by one user.',
  failures: 'Failed sign-ins of everybody together, but for devices that have signed in to the account before.',
  pages:
    'Requests of one address outside the API: pages, their files, the API reference, `/readyz` (not `/livez`). One window.',
};

/** Each policy's value among those of the environment. */
export function quotasFrom(values: Readonly<Record<string, unknown>>): {
  quotas: Readonly<Record<QuotaPolicyName, Numbers>>;
  rehearsedQuotas: Readonly<Partial<Record<QuotaPolicyName, Numbers>>>;
} {
  const read = (prefix: string, names: readonly QuotaPolicyName[]) =>
    Object.fromEntries(names.map((name) => [name, values[prefix + name.toUpperCase()] as Numbers]));
  return {
    quotas: read('RATE_LIMIT_', quotaPolicyNames) as Record<QuotaPolicyName, Numbers>,
    rehearsedQuotas: read('RATE_LIMIT_SHADOW_', requestPolicyNames),
  };
}
