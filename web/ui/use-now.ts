import { useInterval } from '@mantine/hooks';
import { useState } from 'react';

/** Milliseconds since 1970, read again every so often. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), everyMs, { autoInvoke: true });
  return now;
}
