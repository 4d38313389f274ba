// Which passwords may be set. Length and a list of what people guess first; no rule about kinds of characters (PW-03).
import { passwordLength } from './password-limits.ts';
import type { PasswordStrength } from './password-strength.ts';

export interface PasswordVerdict {
  /** 0 (guessed at once) to 4 (very strong). */
  score: number;
  acceptable: boolean;
  /** One sentence for each reason. */
  refusals: string[];
  suggestions: string[];
}

interface Circumstances {
  /** In characters. */
  minLength: number;
  /** Whose password it is to be: their own words do not belong in it. */
  person: { username?: string | undefined; email?: string | undefined };
}

/** Of a password that is within the limits of its bytes. */
export async function judgePassword(
  password: string,
  { minLength, person: { username, email } }: Circumstances,
  strength: PasswordStrength,
): Promise<PasswordVerdict> {
  const ownWords = [username, email?.split('@')[0]].filter((word) => word !== undefined);
  const { score, refusal, suggestions } = await strength.assess(password, ownWords);
  const tooShort = passwordLength(password) < minLength ? [`Use at least ${minLength} characters.`] : [];
  const refusals = [...tooShort, ...(refusal === undefined ? [] : [refusal])];
  return { score, acceptable: refusals.length === 0, refusals, suggestions };
}
