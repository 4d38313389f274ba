import { Anchor, Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'react-router';
import { pages } from '#contract/pages.ts';
import { useSession } from '../../api/use-session.ts';
import { RefusalAlert } from '../../forms/refusal-alert.tsx';
import { signInOptions } from '../../forms/sign-in-options.ts';
import { useSubmission } from '../../forms/submission.ts';
import { useTexts } from '../../texts/use-texts.ts';
import { Form } from '../../ui/form.tsx';
import { Notice } from '../../ui/notice.tsx';
import { PageHeading } from '../../ui/page-heading.tsx';
import { PasswordField } from '../../ui/password-field.tsx';
import { Sentence } from '../../ui/sentence.tsx';
import { signIn } from './calls.ts';

function SignInForm() {
  const { signIn: texts, fields } = useTexts();
  const { form, refusal, refusalRef, isSending, onSubmit } = useSubmission<Record<'identifier' | 'password', string>>({
    initialValues: { identifier: '', password: '' },
    validate: {
      identifier: (value) => (value.trim() === '' ? texts.enterIdentifier : null),
      password: (value) => (value === '' ? texts.enterPassword : null),
    },
    send: ({ identifier, password }) => signIn({ identifier: identifier.trim(), password }),
    focusAfterRefusal: 'password',
  });
  return (
    <Form onSubmit={onSubmit}>
      {refusal !== undefined && <RefusalAlert refusal={refusal} ref={refusalRef} />}
      <TextInput
        {...form.getInputProps('identifier')}
        label={texts.identifier}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
      />
      <PasswordField
        {...form.getInputProps('password')}
        label={fields.password}
        showLabel={fields.showPassword}
        hideLabel={fields.hidePassword}
        name="password"
        autoComplete="current-password"
      />
      <Button type="submit" loading={isSending}>
        {texts.submit}
      </Button>
    </Form>
  );
}

/** What else a stranger can do here; nothing where that is not known. */
function OtherWays() {
  const { signIn: texts } = useTexts();
  const { search } = useLocation();
  const { data: options } = useQuery(signInOptions);
  if (options?.setupRequired) return <Notice>{texts.noAdministrator}</Notice>;
  if (options?.signUp !== 'open') return null;
  const toSignUp = (words: string) => (
    <Anchor component={Link} to={{ pathname: pages.signUp, search }}>
      {words}
    </Anchor>
  );
  return (
    <p>
      <Sentence>{texts.newHere(toSignUp)}</Sentence>
    </p>
  );
}

export function SignInPage() {
  const { signIn: texts, product } = useTexts();
  const state = useSession();
  const because = state.phase === 'signed-out' ? state.because : 'never';
  return (
    <>
      <PageHeading title={texts.title} product={product} />
      {because !== 'never' && <Notice>{texts.signedOut[because]}</Notice>}
      <SignInForm />
      <OtherWays />
    </>
  );
}
