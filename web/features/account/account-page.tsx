import { useQuery } from '@tanstack/react-query';
import type { User } from '#contract/users.ts';
import { asRefusal } from '../../api/refusal.ts';
import { useSession } from '../../api/use-session.ts';
import { LoadError } from '../../forms/load-error.tsx';
import { useTexts } from '../../texts/use-texts.ts';
import { PageHeading } from '../../ui/page-heading.tsx';
import { me } from './calls.ts';
import { PermissionsCard, PermissionsCardSkeleton } from './permissions-card.tsx';
import { ProfileCard } from './profile-card.tsx';
import { SessionCard, SessionCardSkeleton } from './session-card.tsx';

/** The profile came with the access token; the rest is asked for. */
function Account({ user }: { user: User }) {
  const { data, error, refetch } = useQuery(me(user.id));
  return (
    <>
      {error !== null && <LoadError refusal={asRefusal(error)} retry={refetch} />}
      <ProfileCard user={data?.user ?? user} />
      {data !== undefined && (
        <>
          <SessionCard session={data.session} />
          <PermissionsCard permissions={data.permissions} />
        </>
      )}
      {data === undefined && error === null && (
        <>
          <SessionCardSkeleton />
          <PermissionsCardSkeleton />
        </>
      )}
    </>
  );
}

export function AccountPage() {
  const { account, product } = useTexts();
  const state = useSession();
  return (
    <>
      <PageHeading title={account.title} product={product}>
        {account.lead}
      </PageHeading>
      {state.phase === 'signed-in' && <Account user={state.user} />}
    </>
  );
}
