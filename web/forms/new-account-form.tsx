import { Button, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Sent } from '../api/call.ts';
import { useTexts } from '../texts/use-texts.ts';
import { Form } from '../ui/form.tsx';
import { NewPasswordField } from './new-password-field.tsx';
import { newPasswordFault } from './password-size.ts';
import { RefusalAlert } from './refusal-alert.tsx';
import type { PasswordRules } from './sign-in-options.ts';
import { useSubmission } from './submission.ts';

export type NewAccount = Omit<Sent<'register'>, 'transport'>;

interface Props {
  rules: PasswordRules | undefined;
  send: (account: NewAccount) => Promise<void>;
  submitLabel: string;
  children?: ReactNode;
}

/** Somebody new: how they are called, where mail reaches them, and their password. */
export function NewAccountForm({ rules, send, submitLabel, children }: Props) {
  const { fields, newPassword } = useTexts();
  const { form, refusal, refusalRef, isSending, onSubmit } = useSubmission<NewAccount>({
    initialValues: { username: '', email: '', password: '' },
    validate: {
      username: (value) => (value.trim() === '' ? fields.chooseUsername : null),
      email: (value) => (/^\s*\S+@\S+\s*$/.test(value) ? null : fields.enterEmail),
      password: (value) => newPasswordFault(value, rules, newPassword) ?? null,
    },
    send,
  });
  const { username, email } = form.values;
  return (
    <Form onSubmit={onSubmit}>
      {refusal !== undefined && <RefusalAlert refusal={refusal} ref={refusalRef} />}
      <TextInput
        {...form.getInputProps('username')}
        label={fields.username}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
      />
      <TextInput {...form.getInputProps('email')} label={fields.email} name="email" type="email" autoComplete="email" />
      <NewPasswordField
        {...form.getInputProps('password')}
        value={form.values.password}
        label={fields.password}
        name="password"
        rules={rules}
        context={{ username, email }}
      />
      {children}
      <Button type="submit" loading={isSending}>
        {submitLabel}
      </Button>
    </Form>
  );
}
