// Signing up, in and out, and changing one's password.
import { PASSWORD_MAX_BYTES } from '../../security/password-limits.ts';
import type { SecretRing } from '../../security/app-secret.ts';
import type { PasswordStrength } from '../../security/password-strength.ts';
import type { Feature } from '../feature.ts';
import { createBrowsers } from './browser.ts';
import { createChangePassword } from './change-password.ts';
import { createKnownDevices } from './device-cookie.ts';
import type { AuthParts } from './parts.ts';
import { createPasswordRules } from './password-rules.ts';
import { createAuthRoutes } from './routes.ts';
import { createSignIn } from './sign-in.ts';
import type { SignIn } from './sign-in.ts';
import { createSignOut } from './sign-out.ts';
import { createNewAccountWay } from './ways/new-account.ts';
import type { NewAccounts } from './ways/new-account.ts';
import { createPasswordWay } from './ways/password.ts';

export type { SignIn } from './sign-in.ts';
export type { Proof } from './sign-in.ts';
export type { NewAccount } from './ways/new-account.ts';

/** Also for other features that somebody signs in by. */
export interface Auth extends Feature {
  /** The one way to finish a sign-in. */
  signIn: SignIn;
  newAccounts: NewAccounts;
}

interface Parts extends Omit<AuthParts, 'rules'> {
  secrets: SecretRing;
  strength: PasswordStrength;
  signUp: 'open' | 'invite' | 'closed';
  passwordMinLength: number;
  now: () => number;
}

export function createAuth(parts: Parts): Auth {
  const { sessions, strength, signUp, passwordMinLength: minLength } = parts;
  const rules = createPasswordRules({ minLength, strength });
  const devices = createKnownDevices(parts);
  const all: AuthParts = { ...parts, rules };
  const signIn = createSignIn({ ...parts, browsers: createBrowsers({ sessions, devices }) });
  const newAccounts = createNewAccountWay(all);
  return {
    signIn,
    newAccounts,
    routes: createAuthRoutes({
      signIn,
      newAccounts,
      byPassword: createPasswordWay(all),
      signOut: createSignOut(all),
      changePassword: createChangePassword(all),
      sessions,
      devices,
      rules,
      options: { signUp, password: { minLength, maxBytes: PASSWORD_MAX_BYTES } },
      hasAdministrator: () => parts.users.hasAdministrator(),
    }),
    // The event loop stands still meanwhile: better now than at the first sign-up.
    prepare: () => strength.warmUp(),
  };
}
