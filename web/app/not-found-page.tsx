import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { PageHeading } from '../ui/page-heading.tsx';
import { paths } from './paths.ts';

export function NotFoundPage() {
  return (
    <>
      <PageHeading title="There is no page here">The address may be misspelt, or the page is gone.</PageHeading>
      <p>
        <Anchor component={Link} to={paths.account}>
          Go to your account
        </Anchor>
      </p>
    </>
  );
}
