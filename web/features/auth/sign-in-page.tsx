import { Anchor, Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'react-router';
import { pages } from '#contract/pages.ts';
import type { SignedOutBecause } from '../../api/session-memory.ts';
import { useSession } from '../../api/use-session.ts';
import { RefusalAlert } from '../../forms/refusal-alert.tsx';
import { signInOptions } from '../../forms/sign-in-options.ts';
import { useSubmission } from '../../forms/submission.ts';
import { Form } from '../../ui/form.tsx';
import { Notice } from '../../ui/notice.tsx';
import { PageHeading } from '../../ui/page-heading.tsx';
import { PasswordField } from '../../ui/password-field.tsx';
import { signIn } from './calls.ts';

const notices: Readonly<Record<SignedOutBecause, string | undefined>> = {
  never: undefined,
  here: 'You are signed out.',
  elsewhere: 'You were signed out in another tab.',
  ended: 'Your session is over. Sign in again to continue.',
};

function SignInForm() {
  const { form, refusal, refusalRef, isSending, onSubmit } = useSubmission<Record<'identifier' | 'password', string>>({
    initialValues: { identifier: '', password: '' },
    validate: {
      identifier: (value) => (value.trim() === '' ? 'Enter your user name or e-mail address.' : null),
      password: (value) => (value === '' ? 'Enter your password.' : null),
    },
    send: ({ identifier, password }) => signIn({ identifier: identifier.trim(), password }),
    focusAfterRefusal: 'password',
  });
  return (
    <Form onSubmit={onSubmit}>
      {refusal !== undefined && <RefusalAlert refusal={refusal} ref={refusalRef} />}
      <TextInput
        {...form.getInputProps('identifier')}
        label="User name or e-mail address"
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
      />
      <PasswordField
        {...form.getInputProps('password')}
        label="Password"
        name="password"
        autoComplete="current-password"
      />
      <Button type="submit" loading={isSending}>
        Sign in
      </Button>
    </Form>
  );
}

/** What else a stranger can do here; nothing where that is not known. */
function OtherWays() {
  const { search } = useLocation();
  const { data: options } = useQuery(signInOptions);
  if (options?.setupRequired)
    return (
      <Notice>
        This installation has no administrator yet. To make one, open the set-up link that the server printed when it
        started.
      </Notice>
    );
  if (options?.signUp !== 'open') return null;
  return (
    <p>
      New here?{' '}
      <Anchor component={Link} to={{ pathname: pages.signUp, search }}>
        Sign up
      </Anchor>
    </p>
  );
}

export function SignInPage() {
  const state = useSession();
  const notice = state.phase === 'signed-out' ? notices[state.because] : undefined;
  return (
    <>
      <PageHeading title="Sign in" />
      {notice !== undefined && <Notice>{notice}</Notice>}
      <SignInForm />
      <OtherWays />
    </>
  );
}
