import { Button } from '@mantine/core';
import type { Refusal } from '../api/refusal.ts';
import { RefusalAlert } from './refusal-alert.tsx';

/** In the place of what could not be loaded. */
export function LoadError({ refusal, retry }: { refusal: Refusal; retry: () => Promise<unknown> }) {
  return (
    <RefusalAlert refusal={refusal}>
      <Button variant="default" onClick={() => void retry()}>
        Try again
      </Button>
    </RefusalAlert>
  );
}
