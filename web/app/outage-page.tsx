import { Button } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useState } from 'react';
import { session } from '../api/client.ts';
import type { Refusal } from '../api/refusal.ts';
import { RefusalAlert } from '../forms/refusal-alert.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { PageHeading } from '../ui/page-heading.tsx';
import { BareFrame } from './bare-page.tsx';

const RETRY_MS = 5_000;

/** Nobody can say whether somebody is signed in, so nothing else is shown. Goes away by itself. */
export function OutagePage({ refusal }: { refusal: Refusal }) {
  const { outage, product } = useTexts();
  const [isAsking, setAsking] = useState(false);
  const askAgain = async () => {
    setAsking(true);
    await session.restore();
    setAsking(false);
  };
  useInterval(() => void session.restore(), RETRY_MS, { autoInvoke: true });
  return (
    <BareFrame>
      <PageHeading title={outage.title} product={product}>
        {outage.lead}
      </PageHeading>
      <RefusalAlert refusal={refusal} />
      <Button onClick={() => void askAgain()} loading={isAsking}>
        {outage.tryAgain}
      </Button>
    </BareFrame>
  );
}
