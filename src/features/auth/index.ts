// Signing up, in and out, and changing one's password.
import type { Database } from '../../database/open.ts';
import type { PasswordHasher } from '../../security/password-hash.ts';
import type { Audit } from '../audit/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Users } from '../users/index.ts';
import { createChangePassword } from './change-password.ts';
import { createLogIn } from './log-in.ts';
import { createLogOut } from './log-out.ts';
import type { PasswordRules } from './password-rules.ts';
import { createRegistration } from './register.ts';

export { createPasswordRules } from './password-rules.ts';
export type { PasswordRules } from './password-rules.ts';
export { createAuthRoutes } from './routes.ts';
export { sessionAnswer } from './session-cookie.ts';
export type { CreateAccount, Registration } from './register.ts';

export interface AuthParts {
  database: Database;
  users: Users;
  sessions: Sessions;
  hasher: PasswordHasher;
  rules: PasswordRules;
  audit: Audit;
  signUp: 'open' | 'invite' | 'closed';
}

export interface Auth extends ReturnType<typeof createRegistration> {
  logIn: ReturnType<typeof createLogIn>;
  logOut: ReturnType<typeof createLogOut>;
  changePassword: ReturnType<typeof createChangePassword>;
}

export function createAuth(parts: AuthParts): Auth {
  return {
    ...createRegistration(parts),
    logIn: createLogIn(parts),
    logOut: createLogOut(parts),
    changePassword: createChangePassword(parts),
  };
}
