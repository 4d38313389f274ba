// The rule for passwords, as this installation has configured it.
import { Problem } from '#contract/problem.ts';
import type { PasswordStrength } from '../../security/password-strength.ts';
import { judgePassword } from '../../security/password-verdict.ts';
import type { PasswordVerdict } from '../../security/password-verdict.ts';

type Person = Parameters<typeof judgePassword>[1]['person'];

export interface PasswordRules {
  assess(password: string, person: Person): Promise<PasswordVerdict>;
  /** @throws Problem `invalid-input` with every reason, at the pointer of the field */
  assertAcceptable(pointer: string, password: string, person: Person): Promise<void>;
}

interface Parts {
  minLength: number;
  strength: PasswordStrength;
}

export function createPasswordRules({ minLength, strength }: Parts): PasswordRules {
  const assess: PasswordRules['assess'] = (password, person) =>
    judgePassword(password, { minLength, person }, strength);
  return {
    assess,
    async assertAcceptable(pointer, password, person) {
      const { refusals } = await assess(password, person);
      if (refusals.length > 0)
        throw new Problem('invalid-input', { errors: refusals.map((detail) => ({ pointer, detail })) });
    },
  };
}
