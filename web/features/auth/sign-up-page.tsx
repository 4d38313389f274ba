import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'react-router';
import { pages } from '#contract/pages.ts';
import { asRefusal } from '../../api/refusal.ts';
import { LoadError } from '../../forms/load-error.tsx';
import { NewAccountForm } from '../../forms/new-account-form.tsx';
import { signInOptions } from '../../forms/sign-in-options.ts';
import { useTexts } from '../../texts/use-texts.ts';
import { FormSkeleton } from '../../ui/form-skeleton.tsx';
import { PageHeading } from '../../ui/page-heading.tsx';
import { Sentence } from '../../ui/sentence.tsx';
import { signUp } from './calls.ts';

function ToSignIn() {
  const { signUp: texts } = useTexts();
  const { search } = useLocation();
  const toSignIn = (words: string) => (
    <Anchor component={Link} to={{ pathname: pages.signIn, search }}>
      {words}
    </Anchor>
  );
  return (
    <p>
      <Sentence>{texts.haveAccount(toSignIn)}</Sentence>
    </p>
  );
}

function SignUpForm() {
  const { signUp: texts } = useTexts();
  const { data: options, error, refetch, isPending } = useQuery(signInOptions);
  if (isPending) return <FormSkeleton fields={3} />;
  if (options === undefined) return <LoadError refusal={asRefusal(error)} retry={refetch} />;
  if (options.signUp !== 'open') return <p>{texts.closed}</p>;
  return <NewAccountForm rules={options.password} send={signUp} submitLabel={texts.submit} />;
}

export function SignUpPage() {
  const { signUp: texts, product } = useTexts();
  return (
    <>
      <PageHeading title={texts.title} product={product} />
      <SignUpForm />
      <ToSignIn />
    </>
  );
}
