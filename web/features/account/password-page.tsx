import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '#contract/users.ts';
import { useSession } from '../../api/use-session.ts';
import { NewPasswordField } from '../../forms/new-password-field.tsx';
import { newPasswordFault } from '../../forms/password-size.ts';
import { RefusalAlert } from '../../forms/refusal-alert.tsx';
import { signInOptions } from '../../forms/sign-in-options.ts';
import { useSubmission } from '../../forms/submission.ts';
import { useTexts } from '../../texts/use-texts.ts';
import { Card } from '../../ui/card.tsx';
import { Form } from '../../ui/form.tsx';
import { Notice } from '../../ui/notice.tsx';
import { PageHeading } from '../../ui/page-heading.tsx';
import { PasswordField } from '../../ui/password-field.tsx';
import { changePassword } from './calls.ts';
import classes from './password-page.module.css';

function PasswordForm({ user: { username, email }, onChanged }: { user: User; onChanged: () => void }) {
  const { changePassword: texts, fields, newPassword } = useTexts();
  const rules = useQuery(signInOptions).data?.password;
  const { form, refusal, refusalRef, isSending, onSubmit } = useSubmission<
    Record<'currentPassword' | 'newPassword', string>
  >({
    initialValues: { currentPassword: '', newPassword: '' },
    validate: {
      currentPassword: (value) => (value === '' ? texts.enterCurrent : null),
      newPassword: (value) => newPasswordFault(value, rules, newPassword) ?? null,
    },
    send: async (values) => {
      await changePassword(values);
      onChanged();
    },
  });
  return (
    <Form onSubmit={onSubmit}>
      {refusal !== undefined && <RefusalAlert refusal={refusal} ref={refusalRef} />}
      <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      <PasswordField
        {...form.getInputProps('currentPassword')}
        label={texts.current}
        showLabel={fields.showPassword}
        hideLabel={fields.hidePassword}
        name="current-password"
        autoComplete="current-password"
      />
      <NewPasswordField
        {...form.getInputProps('newPassword')}
        value={form.values.newPassword}
        label={texts.new}
        name="new-password"
        rules={rules}
        context={{ username, email }}
      />
      <Button type="submit" loading={isSending} className={classes.submit ?? ''}>
        {texts.submit}
      </Button>
    </Form>
  );
}

export function PasswordPage() {
  const { changePassword: texts, product } = useTexts();
  const state = useSession();
  const [changes, setChanges] = useState(0);
  return (
    <>
      <PageHeading title={texts.title} product={product}>
        {texts.lead}
      </PageHeading>
      {changes > 0 && (
        <Notice key={changes} tone="done" takesFocus>
          {texts.changed}
        </Notice>
      )}
      <Card title={texts.cardTitle}>
        <div className={classes.form}>
          {state.phase === 'signed-in' && (
            <PasswordForm key={changes} user={state.user} onChanged={() => setChanges((count) => count + 1)} />
          )}
        </div>
      </Card>
    </>
  );
}
