import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { useRouteError } from 'react-router';
import { asRefusal } from '../api/refusal.ts';
import { RefusalAlert } from '../forms/refusal-alert.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { PageHeading } from '../ui/page-heading.tsx';
import { BareFrame } from './bare-page.tsx';

/** A part of the page that was not loaded yet and cannot be: the connection broke, or a new release has replaced it. */
const isMissingPart = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|module script|unable to preload/i.test(error.message);

/** In the place of a page that broke. Loading it again gets everything anew. */
export function ErrorPage() {
  const { product, brokenPage } = useTexts();
  const error = useRouteError();
  const isMissing = isMissingPart(error);
  useEffect(() => {
    if (!isMissing) reportError(error); // to the console, as if nobody had caught it
  }, [error, isMissing]);
  const reload = (
    <Button variant="default" onClick={() => location.reload()}>
      {brokenPage.reload}
    </Button>
  );
  return (
    <BareFrame>
      <PageHeading title={brokenPage.title} product={product} />
      {isMissing ? (
        <>
          <p>{brokenPage.missingPart}</p>
          {reload}
        </>
      ) : (
        <RefusalAlert refusal={asRefusal(error)}>{reload}</RefusalAlert>
      )}
    </BareFrame>
  );
}
