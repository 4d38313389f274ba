import { useForm } from '@mantine/form';
import type { FormValidateInput, UseFormReturnType } from '@mantine/form';
import { useRef, useState } from 'react';
import type { FormEvent, RefObject } from 'react';
import { flushSync } from 'react-dom';
import type { Refusal } from '../api/refusal.ts';
import { faultsOf } from './faults.ts';

interface Options<Values> {
  initialValues: Values;
  validate: FormValidateInput<Values>;
  send: (values: Values) => Promise<void>;
  /** The field to go to where a refusal names none. */
  focusAfterRefusal?: keyof Values & string;
}

export interface Submission<Values> {
  form: UseFormReturnType<Values>;
  /** What belongs to no field; it takes the focus where no field does. */
  refusal: Refusal | undefined;
  refusalRef: RefObject<HTMLDivElement | null>;
  isSending: boolean;
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
}

/** A form from its first key to the server's answer: faults beside their fields, the first one takes the focus. */
export function useSubmission<Values extends Record<string, string>>(options: Options<Values>): Submission<Values> {
  const form = useForm<Values>({ initialValues: options.initialValues, validate: options.validate });
  const [refusal, setRefusal] = useState<Refusal>();
  const [isSending, setSending] = useState(false);
  const refusalRef = useRef<HTMLDivElement>(null);
  const names = Object.keys(options.initialValues);

  function focusFirst(fields: Record<string, unknown>): void {
    const first = names.find((name) => name in fields) ?? options.focusAfterRefusal;
    const target = first === undefined ? refusalRef.current : form.getInputNode(first);
    target?.focus();
    if (target instanceof HTMLInputElement && target.type === 'password') target.select(); // nobody mends what they cannot see
  }

  async function send(values: Values): Promise<void> {
    setRefusal(undefined);
    setSending(true);
    try {
      await options.send(values);
      setSending(false);
    } catch (error) {
      const faults = faultsOf(error, names);
      flushSync(() => {
        setSending(false);
        setRefusal(() => faults.refusal);
        form.setErrors(faults.fields);
      });
      focusFirst(faults.fields);
    }
  }

  function onSubmit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (!isSending) form.onSubmit((values) => void send(values), focusFirst)();
  }

  return { form, refusal, refusalRef, isSending, onSubmit };
}
