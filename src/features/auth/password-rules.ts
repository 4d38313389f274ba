// Which passwords may be set. Length and a list of what people guess first; no rule about kinds of characters (PW-03).
import { Problem } from '#contract/problem.ts';
import { passwordLength } from '../../security/password-limits.ts';
import type { PasswordStrength } from '../../security/password-strength.ts';

export interface PasswordVerdict {
  score: number;
  acceptable: boolean;
  refusals: string[];
  suggestions: string[];
}

export interface PasswordRules {
  assess(password: string, context: readonly string[]): Promise<PasswordVerdict>;
  /** @throws Problem `invalid-input` with every reason, at the pointer of the field */
  assertAcceptable(pointer: string, password: string, context: readonly string[]): Promise<void>;
}

/** The words about a person that do not belong in their password. */
export function ownWords(person: { username?: string | undefined; email?: string | undefined }): string[] {
  return [person.username, person.email?.split('@')[0]].filter((word) => word !== undefined);
}

export function createPasswordRules({
  minLength,
  strength,
}: {
  minLength: number;
  strength: PasswordStrength;
}): PasswordRules {
  async function assess(password: string, context: readonly string[]): Promise<PasswordVerdict> {
    const { score, refusal, suggestions } = await strength.assess(password, context);
    const tooShort = passwordLength(password) < minLength ? [`Use at least ${minLength} characters.`] : [];
    const refusals = [...tooShort, ...(refusal === undefined ? [] : [refusal])];
    return { score, acceptable: refusals.length === 0, refusals, suggestions };
  }
  return {
    assess,
    async assertAcceptable(pointer, password, context) {
      const { refusals } = await assess(password, context);
      if (refusals.length > 0)
        throw new Problem('invalid-input', { errors: refusals.map((detail) => ({ pointer, detail })) });
    },
  };
}
