import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { pages } from '#contract/pages.ts';
import { useTexts } from '../texts/use-texts.ts';
import { PageHeading } from '../ui/page-heading.tsx';

export function NotFoundPage() {
  const { notFound, product } = useTexts();
  return (
    <>
      <PageHeading title={notFound.title} product={product}>
        {notFound.lead}
      </PageHeading>
      <p>
        <Anchor component={Link} to={pages.account}>
          {notFound.toAccount}
        </Anchor>
      </p>
    </>
  );
}
