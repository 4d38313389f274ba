import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import type { Received, Sent } from '../api/call.ts';
import { call } from '../api/client.ts';

/** What the server says to a password. */
export type Assessment = Received<'assessPassword'>;

/** Whose password it will be: their name and address make it weaker. */
export type PasswordContext = Omit<Sent<'assessPassword'>, 'password'>;

const DEBOUNCE_MS = 300;

/**
 * Asks when the typing pauses; an answer that is overtaken is dropped. Not in the query cache: a password is not to be kept.
 * @returns the last answer while the next is on its way; undefined where there is none, `failed` where it could not be had
 */
export function useAssessment(
  password: string,
  { username, email }: PasswordContext,
): Assessment | 'failed' | undefined {
  const [settled] = useDebouncedValue(password, DEBOUNCE_MS);
  const [assessment, setAssessment] = useState<Assessment | 'failed'>();

  useEffect(() => {
    if (settled === '') return;
    const controller = new AbortController();
    const { signal } = controller;
    const take = (answer: Assessment | 'failed') => {
      if (!signal.aborted) setAssessment(answer);
    };
    const body = {
      password: settled,
      ...(username !== undefined && { username }),
      ...(email !== undefined && { email }),
    };
    call('assessPassword', { body }, { signal }).then(
      ({ body }) => take(body),
      () => take('failed'),
    );
    return () => controller.abort();
  }, [settled, username, email]);

  return password === '' ? undefined : assessment;
}
