import { Badge } from '@mantine/core';
import type { User } from '#contract/users.ts';
import { Card } from '../../ui/card.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Moment } from '../../ui/moment.tsx';

function Email({ email, emailVerified }: Pick<User, 'email' | 'emailVerified'>) {
  return (
    <>
      <span>{email}</span>
      <Badge color={emailVerified ? 'pine' : 'gray'}>{emailVerified ? 'Verified' : 'Not verified'}</Badge>
    </>
  );
}

function Roles({ roles }: Pick<User, 'roles'>) {
  if (roles.length === 0) return 'None';
  return roles.map((role) => (
    <Badge key={role} color="gray">
      {role}
    </Badge>
  ));
}

export function ProfileCard({ user }: { user: User }) {
  const facts = [
    { label: 'User name', value: user.username },
    { label: 'Display name', value: user.displayName },
    { label: 'E-mail address', value: <Email email={user.email} emailVerified={user.emailVerified} /> },
    { label: 'Roles', value: <Roles roles={user.roles} /> },
    { label: 'Member since', value: <Moment at={user.createdAt} /> },
    { label: 'User id', value: <CopyText text={user.id} what="user id" /> },
  ];
  return (
    <Card title="Profile">
      <Facts facts={facts} />
    </Card>
  );
}
