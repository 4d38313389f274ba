import type { Session } from '#contract/sessions.ts';
import { useTexts } from '../../texts/use-texts.ts';
import { Card } from '../../ui/card.tsx';
import { Facts, FactsSkeleton } from '../../ui/facts.tsx';
import { Moment } from '../../ui/moment.tsx';
import { deviceOf } from './device.ts';

/** The idle timeout moves with use, until the absolute one; whichever is first ends the session. */
const expiresAt = ({ idleExpiresAt, absoluteExpiresAt }: Session): string =>
  Date.parse(idleExpiresAt) < Date.parse(absoluteExpiresAt) ? idleExpiresAt : absoluteExpiresAt;

export function SessionCard({ session }: { session: Session }) {
  const {
    account: { session: texts },
    times,
  } = useTexts();
  const facts = [
    { label: texts.device, value: <span title={session.userAgent}>{deviceOf(session.userAgent, texts)}</span> },
    { label: texts.address, value: <code>{session.address}</code> },
    { label: texts.signedIn, value: <Moment at={session.createdAt} texts={times} /> },
    { label: texts.lastUsed, value: <Moment at={session.lastUsedAt} texts={times} /> },
    { label: texts.expires, value: <Moment at={expiresAt(session)} texts={times} /> },
  ];
  return (
    <Card title={texts.title}>
      <Facts facts={facts} />
    </Card>
  );
}

export function SessionCardSkeleton() {
  const texts = useTexts().account.session;
  return (
    <Card title={texts.title}>
      <FactsSkeleton labels={[texts.device, texts.address, texts.signedIn, texts.lastUsed, texts.expires]} />
    </Card>
  );
}
