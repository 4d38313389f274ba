import { Badge } from '@mantine/core';
import type { User } from '#contract/users.ts';
import { useTexts } from '../../texts/use-texts.ts';
import { Card } from '../../ui/card.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Moment } from '../../ui/moment.tsx';

function Email({ email, emailVerified }: Pick<User, 'email' | 'emailVerified'>) {
  const { verified, notVerified } = useTexts().account.profile;
  return (
    <>
      <span>{email}</span>
      <Badge color={emailVerified ? 'pine' : 'gray'}>{emailVerified ? verified : notVerified}</Badge>
    </>
  );
}

function Roles({ roles }: Pick<User, 'roles'>) {
  const { noRoles } = useTexts().account.profile;
  if (roles.length === 0) return noRoles;
  return roles.map((role) => (
    <Badge key={role} color="gray">
      {role}
    </Badge>
  ));
}

export function ProfileCard({ user }: { user: User }) {
  const {
    account: { profile: texts },
    times,
  } = useTexts();
  const userId = <CopyText text={user.id} label={texts.copyUserId} copiedLabel={texts.userIdCopied} />;
  const facts = [
    { label: texts.username, value: user.username },
    { label: texts.displayName, value: user.displayName },
    { label: texts.email, value: <Email email={user.email} emailVerified={user.emailVerified} /> },
    { label: texts.roles, value: <Roles roles={user.roles} /> },
    { label: texts.memberSince, value: <Moment at={user.createdAt} texts={times} /> },
    { label: texts.userId, value: userId },
  ];
  return (
    <Card title={texts.title}>
      <Facts facts={facts} />
    </Card>
  );
}
