// What the rules of this feature are built from.
import type { Database } from '../../database/open.ts';
import type { PasswordHasher } from '../../security/password-hash.ts';
import type { Audit } from '../audit/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { SignInThrottle } from '../sign-in-throttle/index.ts';
import type { Users } from '../users/index.ts';
import type { PasswordRules } from './password-rules.ts';

export interface AuthParts {
  database: Database;
  users: Users;
  sessions: Sessions;
  throttle: SignInThrottle;
  /**
   * Counts a sign-in of a stranger as failed, of all accounts together; resolves with the act that takes that back.
   * @throws Problem `quota-exceeded`
   */
  countStrangersFailure: () => Promise<() => void>;
  hasher: PasswordHasher;
  rules: PasswordRules;
  audit: Audit;
}
