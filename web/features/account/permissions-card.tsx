import type { Permission } from '#contract/permissions.ts';
import type { Texts } from '../../texts/texts.ts';
import { useTexts } from '../../texts/use-texts.ts';
import { Card } from '../../ui/card.tsx';
import { Facts, FactsSkeleton } from '../../ui/facts.tsx';
import { groupPermissions } from './permissions.ts';

type Parts<P> = P extends `${infer Subject}:${infer Action}` ? { subject: Subject; action: Action } : never;

/** A permission that the server knows and these pages do not yet keeps its id. */
function namesOf({ subjects, actions }: Texts['account']['permissions']) {
  const all = new Map<string, string>(Object.entries(subjects satisfies Record<Parts<Permission>['subject'], string>));
  const acts = new Map<string, string>(Object.entries(actions satisfies Record<Parts<Permission>['action'], string>));
  return { subject: (id: string) => all.get(id) ?? id, action: (id: string) => acts.get(id) ?? id };
}

export function PermissionsCard({ permissions }: { permissions: readonly Permission[] }) {
  const texts = useTexts().account.permissions;
  const names = namesOf(texts);
  const facts = groupPermissions(permissions).map(({ subject, actions }) => ({
    label: names.subject(subject),
    value: texts.list(actions.map(names.action)),
  }));
  return <Card title={texts.title}>{facts.length > 0 ? <Facts facts={facts} /> : <p>{texts.none}</p>}</Card>;
}

export function PermissionsCardSkeleton() {
  const texts = useTexts().account.permissions;
  return (
    <Card title={texts.title}>
      <FactsSkeleton labels={[texts.subjects.files]} />
    </Card>
  );
}
