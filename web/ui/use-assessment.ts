import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';

/** What the server says to a password. */
export interface Assessment {
  /** 0 (guessed at once) to 4 (very strong). */
  score: number;
  acceptable: boolean;
  refusals: string[];
  suggestions: string[];
}

export type Assess = (password: string, signal: AbortSignal) => Promise<Assessment>;

const DEBOUNCE_MS = 300;

/**
 * Asks when the typing pauses; an answer that is overtaken is dropped. Not in the query cache: a password is not to be kept.
 * @returns the last answer while the next is on its way; undefined where there is none, `failed` where it could not be had
 */
export function useAssessment(password: string, assess: Assess): Assessment | 'failed' | undefined {
  const [settled] = useDebouncedValue(password, DEBOUNCE_MS);
  const [assessment, setAssessment] = useState<Assessment | 'failed'>();

  useEffect(() => {
    if (settled === '') return;
    const controller = new AbortController();
    const take = (answer: Assessment | 'failed') => {
      if (!controller.signal.aborted) setAssessment(answer);
    };
    assess(settled, controller.signal).then(take, () => take('failed'));
    return () => controller.abort();
  }, [settled, assess]);

  return password === '' ? undefined : assessment;
}
