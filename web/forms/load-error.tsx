import { Button } from '@mantine/core';
import type { Refusal } from '../api/refusal.ts';
import { useTexts } from '../texts/use-texts.ts';
import { RefusalAlert } from './refusal-alert.tsx';

/** In the place of what could not be loaded. */
export function LoadError({ refusal, retry }: { refusal: Refusal; retry: () => Promise<unknown> }) {
  const texts = useTexts().alert;
  return (
    <RefusalAlert refusal={refusal}>
      <Button variant="default" onClick={() => void retry()}>
        {texts.tryAgain}
      </Button>
    </RefusalAlert>
  );
}
