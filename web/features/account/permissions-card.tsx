import type { Permission } from '#contract/permissions.ts';
import { Card } from '../../ui/card.tsx';
import { Facts, FactsSkeleton } from '../../ui/facts.tsx';
import { groupPermissions } from './permissions.ts';

const TITLE = 'What you may do';

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export function PermissionsCard({ permissions }: { permissions: readonly Permission[] }) {
  const facts = groupPermissions(permissions).map(({ subject, actions }) => ({
    label: capitalised(subject),
    value: actions.join(', '),
  }));
  return (
    <Card title={TITLE}>
      {facts.length > 0 ? (
        <Facts facts={facts} />
      ) : (
        <p>Nothing beyond your own account. An administrator can give you a role.</p>
      )}
    </Card>
  );
}

export function PermissionsCardSkeleton() {
  return (
    <Card title={TITLE}>
      <FactsSkeleton labels={['Files']} />
    </Card>
  );
}
