// Quotas as the environment writes them: 120/m,3000/h,20000/d.
import { quotaPolicies } from '#contract/quota.ts';
import type { QuotaPolicyName, WindowName } from '#contract/quota.ts';

const letters = { m: 'minute', h: 'hour', d: 'day' } as const satisfies Record<string, WindowName>;

export const QUOTA_RULE =
  'must be off, or like 120/m,3000/h,20000/d: at least one of minute, hour and day, each once, whole numbers from 1';

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
export const quotaText = (name: QuotaPolicyName): string =>
  Object.entries(letters)
    .map(([letter, window]) => `${quotaPolicies[name].quotas[window]}/${letter}`)
    .join(',');
