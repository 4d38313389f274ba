// The secret of a set-up link stands behind the `#`, so that no server or proxy logs it. It leaves the address as soon as it
// is read, so that no history, bookmark or shared screen shows it; from then on it is in memory only.
import { pages, SECRET_IN_FRAGMENT } from '#contract/pages.ts';

let held: string | undefined;

export function secretOf(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, '')).get(SECRET_IN_FRAGMENT) || undefined;
}

/** Before the router reads the address. */
export function takeSetupSecret(): void {
  const secret = location.pathname === pages.setup ? secretOf(location.hash) : undefined;
  if (secret === undefined) return;
  held = secret;
  history.replaceState(history.state, '', location.pathname + location.search);
}

export function keepSetupSecret(secret: string | undefined): void {
  held = secret;
}

export const heldSetupSecret = (): string | undefined => held;
