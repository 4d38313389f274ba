import type { Session } from '#contract/sessions.ts';
import { Card } from '../../ui/card.tsx';
import { Facts, FactsSkeleton } from '../../ui/facts.tsx';
import { Moment } from '../../ui/moment.tsx';
import { deviceOf } from './device.ts';

const TITLE = 'This session';

/** The idle timeout moves with use, until the absolute one; whichever is first ends the session. */
const expiresAt = ({ idleExpiresAt, absoluteExpiresAt }: Session): string =>
  Date.parse(idleExpiresAt) < Date.parse(absoluteExpiresAt) ? idleExpiresAt : absoluteExpiresAt;

export function SessionCard({ session }: { session: Session }) {
  const facts = [
    { label: 'Device', value: <span title={session.userAgent}>{deviceOf(session.userAgent)}</span> },
    { label: 'Address', value: <code>{session.address}</code> },
    { label: 'Signed in', value: <Moment at={session.createdAt} /> },
    { label: 'Last used', value: <Moment at={session.lastUsedAt} /> },
    { label: 'Expires', value: <Moment at={expiresAt(session)} /> },
  ];
  return (
    <Card title={TITLE}>
      <Facts facts={facts} />
    </Card>
  );
}

export function SessionCardSkeleton() {
  return (
    <Card title={TITLE}>
      <FactsSkeleton labels={['Device', 'Address', 'Signed in', 'Last used', 'Expires']} />
    </Card>
  );
}
