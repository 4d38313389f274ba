// Which passwords may be set, and what one costs to try.
import { defineSection, variable, wholeNumber } from './section.ts';

export interface PasswordsConfig {
  readonly passwordMinLength: number;
  readonly bcryptCost: number;
  readonly hashQueueLimit: number;
}

export const passwords = defineSection({
  variables: {
    PASSWORD_MIN_LENGTH: variable(wholeNumber(8, 64).prefault('15'), {
      description:
        'Shortest password, in characters. Never below 8; 15 is the advice of NIST SP 800-63B-4 without a second factor.',
    }),
    BCRYPT_COST: variable(wholeNumber(10, 15).prefault('12'), {
      description:
        'Each step doubles the work of a guess and of a sign-in. Older hashes are renewed at the next sign-in.',
    }),
    HASH_QUEUE_LIMIT: variable(wholeNumber(1, 1000).prefault('32'), {
      description: 'Sign-ins that may wait for a free core; more are answered 503 with `Retry-After`.',
    }),
  },
  read: (values): PasswordsConfig => ({
    passwordMinLength: values.PASSWORD_MIN_LENGTH,
    bcryptCost: values.BCRYPT_COST,
    hashQueueLimit: values.HASH_QUEUE_LIMIT,
  }),
});
