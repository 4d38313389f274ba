import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { pages } from '#contract/pages.ts';
import { PageHeading } from '../ui/page-heading.tsx';

export function NotFoundPage() {
  return (
    <>
      <PageHeading title="There is no page here">The address may be misspelt, or the page is gone.</PageHeading>
      <p>
        <Anchor component={Link} to={pages.account}>
          Go to your account
        </Anchor>
      </p>
    </>
  );
}
