import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { pages } from '#contract/pages.ts';
import { asRefusal, isRefusal } from '../../api/refusal.ts';
import type { Refusal } from '../../api/refusal.ts';
import { LoadError } from '../../forms/load-error.tsx';
import { NewAccountForm } from '../../forms/new-account-form.tsx';
import type { NewAccount } from '../../forms/new-account-form.tsx';
import { RefusalAlert } from '../../forms/refusal-alert.tsx';
import { signInOptions } from '../../forms/sign-in-options.ts';
import { useTexts } from '../../texts/use-texts.ts';
import { FormSkeleton } from '../../ui/form-skeleton.tsx';
import { PageHeading } from '../../ui/page-heading.tsx';
import { setUp } from './calls.ts';
import { heldSetupSecret, keepSetupSecret, secretOf } from './setup-secret.ts';
import { WhereIsTheLink } from './where-is-the-link.tsx';

/** Also where a second link is opened in a page that is here already: then only the hash changes. */
function useSetupSecret(): [secret: string | undefined, drop: () => void] {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const [secret, setSecret] = useState(heldSetupSecret);
  const fromHash = secretOf(hash);
  if (fromHash !== undefined && fromHash !== secret) setSecret(fromHash);
  useEffect(() => {
    keepSetupSecret(secret);
    if (fromHash !== undefined) void navigate(pages.setup, { replace: true });
  }, [secret, fromHash, navigate]);
  return [secret, () => setSecret(undefined)];
}

function SetupForm({ secret, onRefused }: { secret: string; onRefused: (refusal: Refusal) => void }) {
  const { setUp: texts } = useTexts();
  const { data: options, error, refetch, isPending } = useQuery(signInOptions);
  const navigate = useNavigate();
  if (isPending) return <FormSkeleton fields={3} />;
  if (options === undefined) return <LoadError refusal={asRefusal(error)} retry={refetch} />;
  const send = async (account: NewAccount) => {
    try {
      await setUp(secret, account);
      keepSetupSecret(undefined);
      await navigate(pages.account, { replace: true });
    } catch (error) {
      if (!isRefusal(error, 'invalid-setup-secret')) throw error;
      onRefused(error);
    }
  };
  return <NewAccountForm rules={options.password} send={send} submitLabel={texts.submit} />;
}

export function SetupPage() {
  const { setUp: texts, product } = useTexts();
  const [secret, dropSecret] = useSetupSecret();
  const [refusal, setRefusal] = useState<Refusal>();
  const { data: options } = useQuery(signInOptions);
  const refuse = (refusal: Refusal) => {
    setRefusal(refusal);
    dropSecret();
  };
  if (secret !== undefined)
    return (
      <>
        <PageHeading title={texts.title} product={product}>
          {texts.lead}
        </PageHeading>
        <SetupForm key={secret} secret={secret} onRefused={refuse} />
      </>
    );
  return (
    <>
      <PageHeading title={texts.title} product={product} />
      {refusal !== undefined && <RefusalAlert refusal={refusal} />}
      <WhereIsTheLink isSetUp={options?.setupRequired === false} />
      <p>
        <Anchor component={Link} to={pages.signIn}>
          {texts.toSignIn}
        </Anchor>
      </p>
    </>
  );
}
