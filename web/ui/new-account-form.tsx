import { Button, TextInput } from '@mantine/core';
import { useCallback } from 'react';
import type { ReactNode } from 'react';
import { Form } from './form.tsx';
import { NewPasswordField } from './new-password-field.tsx';
import { newPasswordFault } from './password-size.ts';
import type { PasswordRules } from './password-size.ts';
import { RefusalAlert } from './refusal-alert.tsx';
import type { RefusalView } from './refusal-alert.tsx';
import { useSubmission } from './submission.ts';
import type { Faults } from './submission.ts';
import type { Assessment } from './use-assessment.ts';

export interface NewAccount extends Record<string, string> {
  username: string;
  email: string;
  password: string;
}

interface Props {
  rules: PasswordRules | undefined;
  /** Keep it between renders. */
  assess: (account: NewAccount, signal: AbortSignal) => Promise<Assessment>;
  send: (account: NewAccount) => Promise<void>;
  faultsOf: (error: unknown, names: readonly string[]) => Faults<RefusalView>;
  submitLabel: string;
  children?: ReactNode;
}

/** Somebody new: how they are called, where mail reaches them, and their password. */
export function NewAccountForm({ rules, assess, send, faultsOf, submitLabel, children }: Props) {
  const { form, refusal, refusalRef, isSending, onSubmit } = useSubmission<NewAccount, RefusalView>({
    initialValues: { username: '', email: '', password: '' },
    validate: {
      username: (value) => (value.trim() === '' ? 'Choose a user name.' : null),
      email: (value) => (/^\s*\S+@\S+\s*$/.test(value) ? null : 'Enter an e-mail address, such as name@example.org.'),
      password: (value) => newPasswordFault(value, rules) ?? null,
    },
    send,
    faultsOf,
  });
  const { username, email } = form.values;
  const assessInContext = useCallback(
    (password: string, signal: AbortSignal) => assess({ username, email, password }, signal),
    [assess, username, email],
  );
  return (
    <Form onSubmit={onSubmit}>
      {refusal !== undefined && <RefusalAlert refusal={refusal} ref={refusalRef} />}
      <TextInput
        {...form.getInputProps('username')}
        label="User name"
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
      />
      <TextInput
        {...form.getInputProps('email')}
        label="E-mail address"
        name="email"
        type="email"
        autoComplete="email"
      />
      <NewPasswordField
        {...form.getInputProps('password')}
        value={form.values.password}
        label="Password"
        name="password"
        rules={rules}
        assess={assessInContext}
      />
      {children}
      <Button type="submit" loading={isSending}>
        {submitLabel}
      </Button>
    </Form>
  );
}
