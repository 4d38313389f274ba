import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { useRouteError } from 'react-router';
import { asRefusal } from '../api/refusal.ts';
import { PageHeading } from '../ui/page-heading.tsx';
import { RefusalAlert } from '../forms/refusal-alert.tsx';
import { BareFrame } from './bare-page.tsx';

/** A part of the page that was not loaded yet and cannot be: the connection broke, or a new release has replaced it. */
const isMissingPart = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|module script|unable to preload/i.test(error.message);

/** In the place of a page that broke. Loading it again gets everything anew. */
export function ErrorPage() {
  const error = useRouteError();
  const isMissing = isMissingPart(error);
  useEffect(() => {
    if (!isMissing) reportError(error); // to the console, as if nobody had caught it
  }, [error, isMissing]);
  const reload = (
    <Button variant="default" onClick={() => location.reload()}>
      Load the page again
    </Button>
  );
  return (
    <BareFrame>
      <PageHeading title="This page cannot be shown" />
      {isMissing ? (
        <>
          <p>A part of it could not be loaded. The connection may be down, or Gatehouse has just been updated.</p>
          {reload}
        </>
      ) : (
        <RefusalAlert refusal={asRefusal(error)}>{reload}</RefusalAlert>
      )}
    </BareFrame>
  );
}
