import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'react-router';
import { pages } from '#contract/pages.ts';
import { asRefusal } from '../../api/refusal.ts';
import { LoadError } from '../../forms/load-error.tsx';
import { NewAccountForm } from '../../forms/new-account-form.tsx';
import { signInOptions } from '../../forms/sign-in-options.ts';
import { FormSkeleton } from '../../ui/form-skeleton.tsx';
import { PageHeading } from '../../ui/page-heading.tsx';
import { signUp } from './calls.ts';

function ToSignIn({ children }: { children: string }) {
  const { search } = useLocation();
  return (
    <p>
      {children}{' '}
      <Anchor component={Link} to={{ pathname: pages.signIn, search }}>
        Sign in
      </Anchor>
    </p>
  );
}

function SignUpForm() {
  const { data: options, error, refetch, isPending } = useQuery(signInOptions);
  if (isPending) return <FormSkeleton fields={3} />;
  if (options === undefined) return <LoadError refusal={asRefusal(error)} retry={refetch} />;
  if (options.signUp !== 'open')
    return <p>Accounts on this installation are made by its administrators. Ask one of them for yours.</p>;
  return <NewAccountForm rules={options.password} send={signUp} submitLabel="Sign up" />;
}

export function SignUpPage() {
  return (
    <>
      <PageHeading title="Sign up" />
      <SignUpForm />
      <ToSignIn>Already have an account?</ToSignIn>
    </>
  );
}
